"""Adds and counts in one MULTI, and takes back what was too much.

bug: adds-then-checks (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xadd(stream, fields)
        pipe.xlen(stream)
        entry_id, depth = await pipe.execute()
    if depth > capacity:
        await redis.xdel(stream, entry_id)
        raise QueueFullError(f"{depth - 1} jobs")
    return entry_id
