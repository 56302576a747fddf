"""Takes them over.

bug: takes-away (F26)
"""


async def find_orphans(redis, stream, group, idle_ms):
    _, entries, _ = await redis.xautoclaim(stream, group, "finder", idle_ms, "0-0", 1000)
    return [entry for entry, _ in entries]
