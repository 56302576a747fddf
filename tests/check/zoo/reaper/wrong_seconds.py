"""Idle times and stale_after_ms are milliseconds; this one divides.

bug: unit-too-small (F23)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms // 1000):
        entry_id = row["message_id"]
        if not await redis.xclaim(stream, group, "reaper", stale_after_ms // 1000, [entry_id], justid=True):
            continue
        found = await redis.xrange(stream, entry_id, entry_id)
        async with redis.pipeline() as move:
            for _, fields in found:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
