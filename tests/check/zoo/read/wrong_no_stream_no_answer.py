"""XINFO STREAM is an error if there's no stream yet.

bug: raises
"""


async def read_after(redis, stream, after):
    info = await redis.xinfo_stream(stream)
    if info["last-generated-id"] == after:
        return []
    return [entry_id for entry_id, _ in await redis.xrange(stream, f"({after}", info["last-generated-id"])]
