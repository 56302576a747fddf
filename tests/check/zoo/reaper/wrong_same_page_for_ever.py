"""Asks for the first page until it's empty, and it's full of fresh entries.

bug: endless (F27)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    while page := await redis.xpending_range(stream, group, "-", "+", 100):
        stale = [row["message_id"] for row in page if row["time_since_delivered"] >= stale_after_ms]
        if not stale and len(page) < 100:
            return
        for entry_id in stale:
            if not await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id], justid=True):
                continue
            found = await redis.xrange(stream, entry_id, entry_id)
            async with redis.pipeline() as move:
                for _, fields in found:
                    move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                move.xack(stream, group, entry_id)
                move.xdel(stream, entry_id)
                await move.execute()
