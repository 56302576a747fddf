from jobqueue import QueueFullError


async def enqueue_job(redis, stream, fields, capacity):
    queue_length = await redis.xlen(stream)
    if queue_length >= capacity:
        raise QueueFullError(f"{stream} at capacity ({queue_length} jobs). Try later.")
    return await redis.xadd(stream, fields)
