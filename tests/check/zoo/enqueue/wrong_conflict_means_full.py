"""Takes a conflict of WATCH for a full queue.

bug: gives-up-on-conflict
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        try:
            await pipe.watch(stream)
            if await pipe.xlen(stream) >= capacity:
                raise QueueFullError("full")
            pipe.multi()
            pipe.xadd(stream, fields)
            return (await pipe.execute())[0]
        except WatchError:
            raise QueueFullError("somebody else was faster") from None
