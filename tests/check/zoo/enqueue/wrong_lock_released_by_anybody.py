"""A lock that the producer it keeps out takes away.

bug: check-then-add (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    lock = f"{stream}:lock"
    while not await redis.set(lock, 1, nx=True, ex=30):
        await redis.delete(lock)  # it must be an old one
    try:
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError("full")
        return await redis.xadd(stream, fields)
    finally:
        await redis.delete(lock)
