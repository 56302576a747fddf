"""WATCH, MULTI, and again from the start if another client came in between."""

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    async with redis.pipeline() as pipe:
        while True:
            try:
                await pipe.watch(stream)
                if await pipe.xlen(stream) >= capacity:
                    raise QueueFullError("full")
                pipe.multi()
                pipe.xadd(stream, fields)
                (entry_id,) = await pipe.execute()
                return entry_id
            except WatchError:
                continue
