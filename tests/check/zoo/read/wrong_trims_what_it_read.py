"""Tidies the stream after reading.

bug: changes-the-stream
"""


async def read_after(redis, stream, after):
    ids = [entry_id for entry_id, _ in await redis.xrange(stream, f"({after}")]
    if ids:
        await redis.xtrim(stream, minid=ids[-1], approximate=False)
    return ids
