"""A flag that says "full", and expires by the clock, not by the facts.

bug: refusals-stick (F45)
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('EXISTS', KEYS[2]) == 1 then return false end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
    redis.call('SET', KEYS[2], 1, 'EX', 300)
    return false
end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    entry_id = await redis.eval(ADD, 2, stream, f"{stream}:full", capacity, *pairs)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
