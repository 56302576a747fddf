"""Never counts beyond three.

bug: attempt-wrong (F22)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            new = {**fields, "attempt": min(int(fields["attempt"]) + 1, 3)}
            await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
