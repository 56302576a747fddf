"""The next page begins with the last of this one.

bug: twice
"""


async def find_orphans(redis, stream, group, idle_ms):
    found, start = [], "-"
    while len(page := await redis.xpending_range(stream, group, start, "+", 100, idle=idle_ms)) > 1 or not found:
        found += [row["message_id"] for row in page]
        if not page:
            break
        start = found[-1]
    return found
