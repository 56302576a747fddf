"""Pages, but stops at the first page without an orphan.

bug: only-a-prefix (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    orphans, start = [], "-"
    while True:
        page = await redis.xpending_range(stream, group, start, "+", 100)
        stale = [row["message_id"] for row in page if row["time_since_delivered"] >= idle_ms]
        if not stale:
            return orphans
        orphans += stale
        start = "(" + page[-1]["message_id"]
