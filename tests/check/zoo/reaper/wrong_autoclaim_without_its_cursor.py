"""XAUTOCLAIM looks at ten entries for each it may return, and starts at 0-0 again.

bug: first-page-only (F27)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    _, claimed, _ = await redis.xautoclaim(stream, group, "reaper", stale_after_ms, "0-0", count=10)
    for entry_id, fields in claimed:
        async with redis.pipeline() as move:
            move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
