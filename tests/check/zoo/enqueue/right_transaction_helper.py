"""redis-py's own helper for WATCH and MULTI."""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async def add(pipe):
        if await pipe.xlen(stream) >= capacity:
            raise QueueFullError("full")
        pipe.multi()
        pipe.xadd(stream, fields)

    result = await redis.transaction(add, stream)
    return result[0]
