"""Counts by reading, and reads a hundred at most.

bug: counts-a-part
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    while True:
        async with redis.pipeline() as pipe:
            await pipe.watch(stream)
            if len(await pipe.xrange(stream, count=100)) >= capacity:
                raise QueueFullError("full")
            pipe.multi()
            pipe.xadd(stream, fields)
            try:
                return (await pipe.execute())[0]
            except WatchError:
                pass
