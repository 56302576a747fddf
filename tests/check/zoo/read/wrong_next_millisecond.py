"""Reads on from the next millisecond.

bug: skips
"""


async def read_after(redis, stream, after):
    following = int(after.split("-")[0]) + 1
    return [entry for entry, _ in await redis.xrange(stream, following)]
