"""Reads new entries first.

bug: takes-waiting (F06)
"""


async def find_orphans(redis, stream, group, idle_ms):
    await redis.xreadgroup(group, "finder", {stream: ">"}, count=10)
    rows = await redis.xpending_range(stream, group, "-", "+", 100, idle=idle_ms)
    return [row["message_id"] for row in rows]
