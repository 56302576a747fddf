"""Takes a lock that another producer holds for a full queue.

bug: gives-up-on-conflict
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    if not await redis.set(f"{stream}:busy", 1, nx=True, ex=10):
        raise QueueFullError("busy")
    try:
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError("full")
        return await redis.xadd(stream, fields)
    finally:
        await redis.delete(f"{stream}:busy")
