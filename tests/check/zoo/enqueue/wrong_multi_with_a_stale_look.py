"""Looks first, and puts the look and the add into one MULTI; the decision is from before.

bug: check-then-add (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    if await redis.xlen(stream) >= capacity:
        raise QueueFullError("full")
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xlen(stream)
        pipe.xadd(stream, fields)
        _, entry_id = await pipe.execute()
    return entry_id
