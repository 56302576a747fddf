"""Only the first hundred rows, filtered here.

bug: only-a-prefix (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 100)
    return [row["message_id"] for row in rows if row["time_since_delivered"] >= idle_ms]
