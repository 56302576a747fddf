"""WATCH on a key that nobody writes: there's never a conflict.

bug: check-then-add (F43)
"""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        while True:
            try:
                await pipe.watch(f"{stream}:lock")
                if await pipe.xlen(stream) >= capacity:
                    raise QueueFullError(stream)
                pipe.multi()
                pipe.xadd(stream, fields)
                return (await pipe.execute())[0]
            except WatchError:
                continue
