"""The same, with a dict against duplicates. It doesn't end either.

bug: stays-on-the-last (F27)
"""


async def read_after(redis, stream, after):
    ids, start = {}, after
    while True:
        page = await redis.xrange(stream, min=start, count=50)
        if not page:
            break
        for entry_id, _ in page:
            if entry_id != after:
                ids[entry_id] = True
        start = page[-1][0]
    return list(ids)
