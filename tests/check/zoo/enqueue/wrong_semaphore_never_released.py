"""INCR decides who may add; the count is only given back by a refused call, and never when a job is settled.

bug: room-not-returned (F01)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    counter = f"{stream}:count"
    await redis.set(counter, await redis.xlen(stream), nx=True)
    if await redis.incr(counter) > capacity:
        await redis.decr(counter)
        raise QueueFullError("full")
    return await redis.xadd(stream, fields)
