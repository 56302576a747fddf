"""All pending rows at once, filtered here."""


async def find_orphans(redis, stream, group, idle_ms):
    count = (await redis.xpending(stream, group))["pending"]
    rows = await redis.xpending_range(stream, group, "-", "+", count) if count else []
    return {row["message_id"] for row in rows if row["time_since_delivered"] >= idle_ms}
