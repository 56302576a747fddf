"""Reads from the id on, and includes it.

bug: reads-it-again
"""


async def read_after(redis, stream, after):
    return [entry for entry, _ in await redis.xrange(stream, after)]
