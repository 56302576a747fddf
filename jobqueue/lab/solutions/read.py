"""Lesson 01. Read a page, and the next one after its last id, until nothing comes."""


async def read_after(redis, stream, after):
    ids = []
    while page := await redis.xrange(stream, "(" + after, "+", count=100):
        ids += [entry for entry, _ in page]
        after = ids[-1]
    return ids
