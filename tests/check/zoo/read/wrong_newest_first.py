"""Returns the newest first.

bug: out-of-order
"""


async def read_after(redis, stream, after):
    return [entry for entry, _ in await redis.xrevrange(stream, "+", "(" + after)]
