"""Add, look, take back: for a moment there's one too many, and a worker may have it already.

bug: adds-then-checks (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        pipe.xadd(stream, fields)
        pipe.xlen(stream)
        entry_id, depth = await pipe.execute()
    if depth > capacity:
        await redis.xdel(stream, entry_id)
        raise QueueFullError("full")
    return entry_id
