"""Compares idle times as words: '7000' comes after '60000'.

bug: compares-texts
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000)
    return [row["message_id"] for row in rows if str(row["time_since_delivered"]) >= str(idle_ms)]
