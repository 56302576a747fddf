"""Catches and forgets the conflict of WATCH: the caller hears nothing, and the job isn't there.

bug: ignores-conflict
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        await pipe.watch(stream)
        if await pipe.xlen(stream) >= capacity:
            raise QueueFullError("full")
        pipe.multi()
        pipe.xadd(stream, fields)
        try:
            result = await pipe.execute()
        except WatchError:
            return None
        return result[0]
