"""In pages, filtered by Redis."""


async def find_orphans(redis, stream, group, idle_ms):
    found, start = [], "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=idle_ms):
        found += [row["message_id"] for row in page]
        start = "(" + found[-1]
    return found
