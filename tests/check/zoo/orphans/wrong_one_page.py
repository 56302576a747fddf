"""Only the first hundred of those that are idle.

bug: one-page (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 100, idle=idle_ms)
    return [row["message_id"] for row in rows]
