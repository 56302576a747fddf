"""Asks Redis for one millisecond more.

bug: excludes-the-limit
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle_ms + 1)
    return [row["message_id"] for row in rows]
