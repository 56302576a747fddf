"""The article's: XLEN, compare, XADD. Two producers both see the last place free.

bug: check-then-add (F43)
"""

from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    queue_length = await redis.xlen(stream)
    if queue_length >= capacity:
        raise QueueFullError(f"{stream} at capacity ({queue_length} jobs). Try later.")
    return await redis.xadd(stream, fields)
