"""Counts the jobs that the group hasn't read yet.

bug: counts-only-waiting (F01)
"""

from jobqueue import QueueFullError

ADD = """
local waiting = redis.call('XLEN', KEYS[1])
if waiting > 0 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
        for at = 1, #group, 2 do
            if group[at] == 'pending' then waiting = waiting - group[at + 1] end
        end
    end
end
if waiting >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    words = [word for item in fields.items() for word in item]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *words)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
