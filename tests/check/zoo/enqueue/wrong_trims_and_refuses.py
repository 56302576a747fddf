"""Adds, trims to the capacity, and refuses: the new job stays, and the oldest one is gone.

bug: trims-jobs (F03)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    entry_id = await redis.xadd(stream, fields)
    if await redis.xlen(stream) > capacity:
        await redis.xtrim(stream, maxlen=capacity, approximate=False)
        raise QueueFullError(stream)
    return entry_id
