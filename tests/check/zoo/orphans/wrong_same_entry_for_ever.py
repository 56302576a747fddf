"""The next page begins with the last entry of this one, so no page is ever empty.

bug: stays-on-the-last (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    orphans, start = [], "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=idle_ms):
        orphans += [row["message_id"] for row in page]
        start = page[-1]["message_id"]
    return orphans
