"""Claims each, and moves them side by side, as tasks."""

import asyncio


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    async def move(entry_id):
        for claimed, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id]):
            new = {**fields, "attempt": int(fields["attempt"]) + 1}
            await redis.pipeline().xadd(stream, new).xack(stream, group, claimed).xdel(stream, claimed).execute()

    rows = await redis.xpending_range(stream, group, "-", "+", 5_000, idle=stale_after_ms)
    await asyncio.gather(*(move(row["message_id"]) for row in rows))
