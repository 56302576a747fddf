"""Drops a job after five attempts: its limit isn't the reaper's to make up.

bug: gives-up
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            attempt = int(fields["attempt"]) + 1
            async with redis.pipeline() as pipe:
                if attempt <= 5:
                    pipe.xadd(stream, {**fields, "attempt": attempt})
                pipe.xack(stream, group, entry_id)
                pipe.xdel(stream, entry_id)
                await pipe.execute()
