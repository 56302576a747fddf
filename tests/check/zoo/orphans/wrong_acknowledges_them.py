"""Acknowledges the orphans, so that they aren't counted again.

bug: removes (F13)
"""


async def find_orphans(redis, stream, group, idle_ms):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle_ms)
    orphans = [row["message_id"] for row in rows]
    if orphans:
        await redis.xack(stream, group, *orphans)
    return orphans
