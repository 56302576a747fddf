"""XRANGE returns nothing for an entry that was deleted, and [0] of nothing is an error.

bug: stumbles-over-deleted (F04)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        _, fields = (await redis.xrange(stream, entry_id, entry_id))[0]
        async with redis.pipeline() as move:
            move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
