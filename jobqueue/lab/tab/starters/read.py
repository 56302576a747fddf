async def read_after(redis, stream, after):
    return [entry for entry, _ in await redis.xrange(stream, "(" + after, "+", count=100)]
