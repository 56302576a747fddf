"""Reads only the entries that come from now on.

bug: reads-nothing (F05)
"""


async def read_after(redis, stream, after):
    reply = await redis.xread({stream: "$"})
    return [entry for entry, _ in reply[0][1]] if reply else []
