"""Pads to two digits before it compares texts: right up to 99.

bug: counts-a-part
"""

from jobqueue import QueueFullError

ADD = """
local depth = string.format('%02d', redis.call('XLEN', KEYS[1]))
if depth >= string.format('%02d', ARGV[1]) and #depth <= 2 then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    words = [word for item in fields.items() for word in item]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *words)
    if entry_id is None:
        raise QueueFullError("full")
    return entry_id
