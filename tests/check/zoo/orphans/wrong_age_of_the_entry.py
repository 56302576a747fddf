"""The time in an entry's id says when it was added, not when it was delivered.

bug: age-is-not-idle (F23)
"""

import time


async def find_orphans(redis, stream, group, idle_ms):
    latest = int(time.time() * 1000) - idle_ms
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000)
    return [row["message_id"] for row in rows if int(row["message_id"].split("-")[0]) <= latest]
