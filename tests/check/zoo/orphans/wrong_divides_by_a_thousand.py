"""Takes the limit for seconds.

bug: unit-too-small (F23)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle_ms // 1000)
    return [row["message_id"] for row in rows]
