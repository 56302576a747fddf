"""Tries again when the connection fails: a job may be added twice, and at-least-once allows it."""

from redis.exceptions import ConnectionError

from jobqueue import QueueFullError

ADD_IF_ROOM = """
if redis.call('XLEN', KEYS[1]) < tonumber(ARGV[1]) then
    return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
end
"""


async def enqueue_job(redis, stream, fields, capacity):
    flat = []
    for name, value in fields.items():
        flat += [name, value]
    for attempt in range(3):
        try:
            entry_id = await redis.eval(ADD_IF_ROOM, 1, stream, capacity, *flat)
            break
        except ConnectionError:
            if attempt == 2:
                raise
    if not entry_id:
        raise QueueFullError("full")
    return entry_id
