"""More than `idle_ms`, not at least.

bug: excludes-the-limit
"""


async def find_orphans(redis, stream, group, idle_ms):
    orphans, start = [], "-"
    while rows := await redis.xpending_range(stream, group, start, "+", 100):
        orphans += [row["message_id"] for row in rows if row["time_since_delivered"] > idle_ms]
        start = f"({rows[-1]['message_id']}"
    return orphans
