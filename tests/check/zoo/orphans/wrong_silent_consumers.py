"""Only the entries of consumers that are silent themselves.

bug: judges-consumers (F68)
"""


async def find_orphans(redis, stream, group, idle_ms):
    found = []
    for consumer in await redis.xinfo_consumers(stream, group):
        rows = await redis.xpending_range(stream, group, "-", "+", 1000, consumer["name"])
        if rows and min(row["time_since_delivered"] for row in rows) >= idle_ms:
            found += [row["message_id"] for row in rows]
    return found
