"""Lists by milliseconds, but claims by seconds: 30 ms after another reaper has claimed the job, it's claimed again.

bug: claims-too-soon (F23)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        least = stale_after_ms // 1000
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", least, [row["message_id"]]):
            async with redis.pipeline() as move:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                move.xack(stream, group, entry_id)
                move.xdel(stream, entry_id)
                await move.execute()
