"""redis-py's Lock, which expires: one after the other, as long as no producer stands still for longer (a remark)."""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.lock(f"{stream}:lock", timeout=20):
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError("full")
        return await redis.xadd(stream, fields)
