"""Leaves a row whose entry is gone in the pending list, at each run.

bug: deleted-stays-pending (F04)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        found = await redis.xrange(stream, entry_id, entry_id)
        if not found:
            continue
        async with redis.pipeline() as move:
            move.xadd(stream, {**found[0][1], "attempt": int(found[0][1]["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
