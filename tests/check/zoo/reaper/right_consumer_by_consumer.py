"""Asks for each consumer's stale entries, and claims them under that consumer's own name."""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for consumer in await redis.xinfo_consumers(stream, group):
        name = consumer["name"]
        while True:
            rows = await redis.xpending_range(stream, group, "-", "+", 50, consumername=name, idle=stale_after_ms)
            for row in rows:
                for entry_id, fields in await redis.xclaim(stream, group, name, stale_after_ms, [row["message_id"]]):
                    fields["attempt"] = str(int(fields["attempt"]) + 1)
                    async with redis.pipeline() as pipe:
                        await pipe.xadd(stream, fields).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
            if len(rows) < 50:
                break
