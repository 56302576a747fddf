"""Takes 0-0 for "from now on", as `$` means.

bug: reads-nothing (F05)
"""


async def read_after(redis, stream, after):
    reply = await redis.xread({stream: "$" if after == "0-0" else after})
    return [entry_id for _, entries in reply for entry_id, _ in entries]
