"""MAXLEN keeps the queue small, by deleting jobs that haven't run.

bug: trims-jobs (F03)
"""


async def enqueue_job(redis, stream, fields, capacity):
    return await redis.xadd(stream, fields, maxlen=capacity, approximate=False)
