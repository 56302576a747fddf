"""The article's check, and MAXLEN to be safe: in a race, the oldest job pays.

bug: trims-jobs (F03)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    if await redis.xlen(stream) >= capacity:
        raise QueueFullError("full")
    return await redis.xadd(stream, fields, maxlen=capacity, approximate=False)
