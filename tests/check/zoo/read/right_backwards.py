"""From the newest back, then turned round."""


async def read_after(redis, stream, after):
    return [entry for entry, _ in await redis.xrevrange(stream, "+", "(" + after)][::-1]
