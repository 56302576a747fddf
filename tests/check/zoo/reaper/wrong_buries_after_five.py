"""Moves a job to a stream of the dead after five attempts of its own making.

bug: gives-up
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            attempt = int(fields["attempt"]) + 1
            target = stream if attempt <= 5 else f"{stream}:dead"
            new = {**fields, "attempt": attempt}
            await redis.pipeline().xadd(target, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
