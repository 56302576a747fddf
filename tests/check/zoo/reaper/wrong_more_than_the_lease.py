"""More than the lease, not at least.

bug: excludes-the-limit
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000):
        if row["time_since_delivered"] > stale_after_ms:
            for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
                new = {**fields, "attempt": int(fields["attempt"]) + 1}
                await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
