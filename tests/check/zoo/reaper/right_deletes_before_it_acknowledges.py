"""Claims by the batch, adds all, deletes all, acknowledges all."""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    start = "-"
    while True:
        rows = await redis.xpending_range(stream, group, start, "+", 64)
        stale = [row["message_id"] for row in rows if row["time_since_delivered"] >= stale_after_ms]
        if stale:
            for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, stale):
                fields["attempt"] = int(fields["attempt"]) + 1
                await redis.xadd(stream, fields)
                await redis.xdel(stream, entry_id)
                await redis.xack(stream, group, entry_id)
        if len(rows) < 64:
            return
        start = "(" + rows[-1]["message_id"]
