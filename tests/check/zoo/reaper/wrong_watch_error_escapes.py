"""WATCH notices that another reaper was quicker, and the error ends the whole run.

bug: stumbles-over-the-other
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        async with redis.pipeline() as move:
            await move.watch(stream)
            if not await move.xpending_range(stream, group, entry_id, entry_id, 1, idle=stale_after_ms):
                continue
            found = await move.xrange(stream, entry_id, entry_id)
            move.multi()
            for _, fields in found:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
