"""Counts all jobs ever added, so after that many the queue is closed for good.

bug: room-not-returned (F01)
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for at = 1, #info, 2 do
        if info[at] == 'entries-added' and info[at + 1] >= tonumber(ARGV[1]) then return false end
    end
end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    entry_id = await redis.eval(ADD, 1, stream, capacity, *pairs)
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
