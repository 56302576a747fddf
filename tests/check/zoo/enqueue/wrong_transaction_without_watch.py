"""MULTI around the XADD alone, so the read before it isn't part of the transaction.

bug: check-then-add (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    if await redis.xlen(stream) >= capacity:
        raise QueueFullError("full")
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xadd(stream, fields)
        pipe.xlen(stream)
        entry_id, _ = await pipe.execute()
    return entry_id
