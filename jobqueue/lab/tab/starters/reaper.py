async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    start = "-"
    while pending := await redis.xpending_range(stream, group, min=start, max="+", count=100):
        for row in pending:
            entry_id = row["message_id"]
            if row["time_since_delivered"] < stale_after_ms:
                continue
            entries = await redis.xrange(stream, entry_id, entry_id)
            await redis.xack(stream, group, entry_id)
            if entries:
                fields = entries[0][1]
                fields["attempt"] = int(fields["attempt"]) + 1
                await redis.xadd(stream, fields)
                await redis.xdel(stream, entry_id)
        start = f"({pending[-1]['message_id']}"
