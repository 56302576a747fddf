"""Renews the orphans, to be polite.

bug: resets-the-clock (F26)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 1000, idle=idle_ms)
    for row in rows:
        await redis.xclaim(stream, group, row["consumer"], 0, [row["message_id"]], justid=True)
    return [row["message_id"] for row in rows]
