"""Counts waiting and pending separately, in two commands of one pipeline that isn't atomic with the add.

bug: check-then-add (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    pipe = redis.pipeline(transaction=True)
    pipe.exists(stream)
    pipe.xlen(stream)
    there, depth = await pipe.execute()
    if there and depth >= capacity:
        raise QueueFullError(f"{depth} >= {capacity}")
    return await redis.xadd(stream, fields)
