"""Only full pages count, so the last one, which isn't full, is dropped.

bug: drops-what-it-read
"""


async def read_after(redis, stream, after):
    ids = []
    page = await redis.xrange(stream, f"({after}", "+", count=100)
    while len(page) == 100:
        ids += [entry_id for entry_id, _ in page]
        page = await redis.xrange(stream, f"({ids[-1]}", "+", count=100)
    return ids
