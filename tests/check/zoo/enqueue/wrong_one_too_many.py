"""> instead of >=.

bug: one-too-many
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('XLEN', KEYS[1]) > tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *pairs)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
