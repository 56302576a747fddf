"""Two tries, and then it calls the queue full. With three producers that isn't enough.

bug: gives-up-on-conflict
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    for _ in range(2):
        async with redis.pipeline() as pipe:
            await pipe.watch(stream)
            if await pipe.xlen(stream) >= capacity:
                raise QueueFullError("full")
            pipe.multi()
            pipe.xadd(stream, fields)
            try:
                return (await pipe.execute())[0]
            except WatchError:
                continue
    raise QueueFullError("too busy")
