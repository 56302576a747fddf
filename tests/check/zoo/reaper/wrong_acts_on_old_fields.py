"""Reads all stale entries first, and claims and moves them in a transaction that looks at nothing.

bug: two-reapers (F29)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms)
    jobs = [entry for row in rows for entry in await redis.xrange(stream, row["message_id"], row["message_id"])]
    async with redis.pipeline() as pipe:
        for row in rows:
            pipe.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]])
        for _, fields in jobs:
            pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        for row in rows:
            pipe.xack(stream, group, row["message_id"])
            pipe.xdel(stream, row["message_id"])
        await pipe.execute()
