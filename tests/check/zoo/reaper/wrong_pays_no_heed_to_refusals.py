"""Logs the error of XADD, and acknowledges anyway, so if Redis is out of memory, the job is lost.

bug: swallows-errors (F46)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        if not await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id], justid=True):
            continue
        for _, fields in await redis.xrange(stream, entry_id, entry_id):
            try:
                await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            except Exception as error:
                print("could not requeue:", error)
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
