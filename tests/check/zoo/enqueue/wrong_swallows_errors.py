"""Takes the queue for empty if it can't read the depth, so the gate opens in an outage.

bug: swallows-errors (F44)
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    try:
        entry_id = await redis.eval(ADD, 1, stream, capacity, *pairs)
    except Exception:
        entry_id = await redis.xadd(stream, fields)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
