"""Tidies with XTRIM MINID, which deletes all older entries too.

bug: trims-jobs (F03)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xack(stream, group, entry_id)
            milliseconds, _, sequence = entry_id.partition("-")
            await redis.xtrim(stream, minid=f"{milliseconds}-{int(sequence) + 1}", approximate=False)
