"""Knows the names by heart.

bug: hard-coded-names
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range("jobs", "workers", "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        for _, fields in await redis.xrange("jobs", entry_id, entry_id):
            await redis.xadd("jobs", {**fields, "attempt": int(fields["attempt"]) + 1})
        await redis.xack("jobs", "workers", entry_id)
        await redis.xdel("jobs", entry_id)
