"""Sorts the ids as words.

bug: out-of-order
"""


async def read_after(redis, stream, after):
    return sorted(entry for entry, _ in await redis.xrange(stream, "(" + after))
