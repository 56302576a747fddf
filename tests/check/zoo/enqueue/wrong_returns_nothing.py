"""Adds, and doesn't return the id.

bug: returns-no-id
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
return 1
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    if not await redis.eval(ADD, 1, stream, capacity, *pairs):
        raise QueueFullError("full")
