"""A bounded number of pages.

bug: one-page (F27)
"""


async def read_after(redis, stream, after):
    ids = []
    for _ in range(3):
        page = await redis.xrange(stream, f"({after}", count=100)
        if not page:
            break
        ids += [entry_id for entry_id, _ in page]
        after = ids[-1]
    return ids
