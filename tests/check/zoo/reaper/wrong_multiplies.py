"""Milliseconds made milliseconds once more.

bug: unit-too-large (F10)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    idle = stale_after_ms * 1000
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", idle, [row["message_id"]]):
            new = {**fields, "attempt": int(fields["attempt"]) + 1}
            await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
