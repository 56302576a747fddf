"""Consumer by consumer, but entry by entry."""


async def find_orphans(redis, stream, group, idle_ms):
    found = []
    for consumer in await redis.xinfo_consumers(stream, group):
        start = "-"
        while page := await redis.xpending_range(stream, group, start, "+", 50, consumer["name"], idle=idle_ms):
            found += [row["message_id"] for row in page]
            start = "(" + page[-1]["message_id"]
    return found
