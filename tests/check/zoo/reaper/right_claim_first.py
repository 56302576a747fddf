"""XCLAIM decides which reaper is first, because it asks again if the entry is idle. Then add, then remove."""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    after = "-"
    while True:
        rows = await redis.xpending_range(stream, group, after, "+", 200, idle=stale_after_ms)
        if not rows:
            return
        for row in rows:
            entry_id = row["message_id"]
            claimed = await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id])
            for claimed_id, fields in claimed:
                await redis.xadd(stream, {**fields, "attempt": str(int(fields["attempt"]) + 1)})
                await redis.xack(stream, group, claimed_id)
                await redis.xdel(stream, claimed_id)
        after = "(" + rows[-1]["message_id"]
