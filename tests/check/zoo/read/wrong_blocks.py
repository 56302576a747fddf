"""Waits for something new.

bug: waits-for-ever
"""


async def read_after(redis, stream, after):
    found = []
    while reply := await redis.xread({stream: after}, block=0):
        found += [entry for entry, _ in reply[0][1]]
        after = found[-1]
    return found
