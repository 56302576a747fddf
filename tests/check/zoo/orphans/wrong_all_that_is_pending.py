"""Returns all pending entries, but pending doesn't mean orphaned.

bug: counts-fresh (F23)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 1000)
    return [row["message_id"] for row in rows]
