"""Leaves out the jobs that workers hold.

bug: counts-only-waiting (F01)
"""

from jobqueue import QueueFullError

ADD = """
local depth = redis.call('XLEN', KEYS[1])
if depth > 0 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
        depth = depth - redis.call('XPENDING', KEYS[1], group[2])[1]
    end
end
if depth >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *pairs)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
