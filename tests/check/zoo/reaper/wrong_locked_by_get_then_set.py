"""Looks if the lock is free, then takes it, so two reapers may both see it free.

bug: two-reapers (F29)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    if await redis.get(f"{stream}:reaping"):
        return
    await redis.set(f"{stream}:reaping", "1", ex=60)
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        for _, fields in await redis.xrange(stream, entry_id, entry_id):
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
    await redis.delete(f"{stream}:reaping")
