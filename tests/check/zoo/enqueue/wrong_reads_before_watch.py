"""WATCH, but only after it read the length, so a job that came in between goes unnoticed.

bug: check-then-add (F43)
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    while True:
        depth = await redis.xlen(stream)
        async with redis.pipeline() as pipe:
            await pipe.watch(stream)
            if depth >= capacity:
                raise QueueFullError("full")
            pipe.multi()
            pipe.xadd(stream, fields)
            try:
                return (await pipe.execute())[0]
            except WatchError:
                continue
