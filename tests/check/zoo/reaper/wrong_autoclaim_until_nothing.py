"""XAUTOCLAIM from 0-0 until it claims nothing, and it claims nothing if fresh entries fill all that it looks at.

bug: first-page-only (F27)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    while True:
        _, claimed, _ = await redis.xautoclaim(stream, group, "reaper", stale_after_ms, "0-0", count=100)
        if not claimed:
            return
        for entry_id, fields in claimed:
            async with redis.pipeline() as move:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                move.xack(stream, group, entry_id)
                move.xdel(stream, entry_id)
                await move.execute()
