"""Answers "full" to any error, even if the job was added and only the reply was lost.

bug: full-on-any-error (F44)
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
    except Exception as error:
        raise QueueFullError("cannot add now") from error
    if entry_id is None:
        raise QueueFullError("full")
    return entry_id
