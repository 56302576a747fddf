"""What is in them.

bug: not-ids
"""


async def read_after(redis, stream, after):
    return [fields for _, fields in await redis.xrange(stream, "(" + after)]
