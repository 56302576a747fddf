"""An asyncio.Lock keeps the tasks of one process apart, and no two processes.

bug: check-then-add (F43)
"""

import asyncio

from jobqueue import QueueFullError

gate = asyncio.Lock()


async def enqueue_job(redis, stream, fields, capacity):
    async with gate:
        if await redis.xlen(stream) >= capacity:
            raise QueueFullError("full")
        return await redis.xadd(stream, fields)
