"""Requeues the job as it was, so one that kills its worker does so forever.

bug: attempt-not-counted (F22)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        if not await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id], justid=True):
            continue
        found = await redis.xrange(stream, entry_id, entry_id)
        async with redis.pipeline() as move:
            for _, fields in found:
                move.xadd(stream, fields)
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
