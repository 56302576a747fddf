"""Takes 0-0 for "nothing read yet, so nothing to read".

bug: nothing-from-the-start
"""


async def read_after(redis, stream, after):
    if after == "0-0":
        return []
    return [entry_id for entry_id, _ in await redis.xrange(stream, f"({after}")]
