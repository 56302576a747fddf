"""Deletes the entry first, and then adds it again. A reaper that dies in between loses the job.

bug: delete-then-requeue (F20)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        found = await redis.xrange(stream, entry_id, entry_id)
        if await redis.xdel(stream, entry_id):
            fields = found[0][1]
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        await redis.xack(stream, group, entry_id)
