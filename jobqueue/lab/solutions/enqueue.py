"""Lesson 05. Look and add in one step: N producers can't all find the last place free."""

from jobqueue import QueueFullError

ADD_IF_ROOM = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    entry_id = await redis.eval(ADD_IF_ROOM, 1, stream, capacity, *pairs)
    if entry_id is None:
        raise QueueFullError(f"{stream} is full: {capacity} jobs")
    return entry_id
