"""`finally` deletes the lock, even if another reaper holds it.

bug: frees-anothers-lock (F28)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    try:
        if not await redis.set(f"{stream}:reaping", 1, nx=True, ex=60):
            return
        for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
            entry_id = row["message_id"]
            for _, fields in await redis.xrange(stream, entry_id, entry_id):
                await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xdel(stream, entry_id)
            await redis.xack(stream, group, entry_id)
    finally:
        await redis.delete(f"{stream}:reaping")
