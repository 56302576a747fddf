"""Add, look, refuse, and forget to take back.

bug: refuses-yet-adds
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    entry_id = await redis.xadd(stream, fields)
    if await redis.xlen(stream) > capacity:
        raise QueueFullError("full")
    return entry_id
