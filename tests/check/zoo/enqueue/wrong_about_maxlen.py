"""MAXLEN ~ deletes jobs too, and isn't even a limit that holds.

bug: trims-jobs (F03)
"""


async def enqueue_job(redis, stream, fields, capacity):
    return await redis.xadd(stream, fields, maxlen=capacity)
