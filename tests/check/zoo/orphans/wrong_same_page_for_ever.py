"""Asks for the first page until it's empty, and looking takes nothing away.

bug: same-page (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    orphans = []
    while page := await redis.xpending_range(stream, group, "-", "+", 100, idle=idle_ms):
        orphans += [row["message_id"] for row in page]
    return orphans
