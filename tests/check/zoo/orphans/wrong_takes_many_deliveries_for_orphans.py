"""Only entries that were delivered twice.

bug: finds-none (F10)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle_ms)
    return [row["message_id"] for row in rows if row["times_delivered"] > 1]
