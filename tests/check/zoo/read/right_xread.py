"""XREAD reads after an id by itself."""


async def read_after(redis, stream, after):
    found = []
    while reply := await redis.xread({stream: after}, count=50):
        found += [entry for entry, _ in reply[0][1]]
        after = found[-1]
    return found
