"""Reads up to the newest entry, without it.

bug: drops-the-last
"""


async def read_after(redis, stream, after):
    newest = await redis.xrevrange(stream, count=1)
    if not newest:
        return []
    (last, _), = newest
    return [entry_id for entry_id, _ in await redis.xrange(stream, f"({after}", f"({last}")]
