"""Adds a new entry, and leaves the old one pending, so it's stale again at the next run.

bug: requeue-without-ack (F22)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
