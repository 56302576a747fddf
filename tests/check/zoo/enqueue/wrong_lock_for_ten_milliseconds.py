"""A lock whose lifetime is in milliseconds, and was meant in seconds: it expires while its owner is at work.

bug: short-lock
"""

import asyncio
import uuid

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    token, lock = uuid.uuid4().hex, f"{stream}:lock"
    while not await redis.set(lock, token, nx=True, px=10):
        await asyncio.sleep(0.005)
    try:
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError(stream)
        return await redis.xadd(stream, fields)
    finally:
        if await redis.get(lock) == token:
            await redis.delete(lock)
