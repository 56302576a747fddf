"""Invents an entry for one that was deleted.

bug: ghost (F04)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        found = dict(await redis.xrange(stream, entry_id, entry_id))
        fields = found.get(entry_id, {})
        async with redis.pipeline() as move:
            move.xadd(stream, {**fields, "attempt": int(fields.get("attempt", 0)) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
