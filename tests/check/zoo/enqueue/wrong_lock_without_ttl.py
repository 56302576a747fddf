"""A lock that outlives a producer that dies with it.

bug: lock-left-behind (F28)
"""

import asyncio

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    lock = f"{stream}:lock"
    while not await redis.set(lock, "mine", nx=True):
        await asyncio.sleep(0.05)
    try:
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError("full")
        return await redis.xadd(stream, fields)
    finally:
        await redis.delete(lock)
