"""Divides: a queue that's 99 % full counts as having room, and so does one that's just full.

bug: one-too-many
"""

from jobqueue import QueueFullError

ADD = """
local used = redis.call('XLEN', KEYS[1]) / tonumber(ARGV[1])
if used > 1 then return nil end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    words = [word for item in fields.items() for word in item]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *words)
    if entry_id is None:
        raise QueueFullError(f"{stream} is full")
    return entry_id
