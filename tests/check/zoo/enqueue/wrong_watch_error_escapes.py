"""Leaves a conflict of WATCH to its caller.

bug: gives-up-on-conflict
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        await pipe.watch(stream)
        if await pipe.xlen(stream) >= capacity:
            raise QueueFullError("full")
        pipe.multi()
        pipe.xadd(stream, fields)
        return (await pipe.execute())[0]
