"""Claims all pending entries, to see them, and doesn't give the fresh ones back.

bug: steals-fresh (F26)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000)
    idle = {row["message_id"]: row["time_since_delivered"] for row in rows}
    for entry_id, fields in await redis.xclaim(stream, group, "reaper", 0, list(idle)):
        if idle[entry_id] >= stale_after_ms:
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xack(stream, group, entry_id)
            await redis.xdel(stream, entry_id)
