"""The next page begins with the last entry of this one, so no page is ever empty.

bug: stays-on-the-last (F27)
"""


async def read_after(redis, stream, after):
    ids, start = [], "(" + after
    while page := await redis.xrange(stream, start, "+", count=100):
        ids += [entry_id for entry_id, _ in page]
        start = ids[-1]
    return ids
