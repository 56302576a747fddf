"""In pages."""


async def read_after(redis, stream, after):
    found = []
    while page := await redis.xrange(stream, "(" + after, "+", count=100):
        found += [entry for entry, _ in page]
        after = found[-1]
    return found
