"""A lock that outlives a reaper that dies with it.

bug: lock-without-ttl (F28)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    if not await redis.set(f"{stream}:reaping", "1", nx=True):
        return
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        for _, fields in await redis.xrange(stream, entry_id, entry_id):
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
    await redis.delete(f"{stream}:reaping")
