"""A limit in microseconds.

bug: unit-too-large
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 1000, idle=idle_ms * 1000)
    return [row["message_id"] for row in rows]
