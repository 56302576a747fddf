"""Lesson 02. Redis filters by idle time itself, and its answer comes in pages."""


async def find_orphans(redis, stream, group, idle_ms):
    ids, start = [], "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=idle_ms):
        ids += [row["message_id"] for row in page]
        start = "(" + ids[-1]  # the next page begins after the last of this one
    return ids
