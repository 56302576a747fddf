"""Claims, and waits for a minute before it requeues, for longer than the lease.

bug: rests-with-the-job (F29)
"""

import asyncio


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while True:
        cursor, claimed, _ = await redis.xautoclaim(stream, group, "reaper", stale_after_ms, cursor, count=100)
        if claimed:
            await asyncio.sleep(2 * stale_after_ms / 1000)
        for entry_id, fields in claimed:
            async with redis.pipeline() as move:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                move.xack(stream, group, entry_id)
                move.xdel(stream, entry_id)
                await move.execute()
        if cursor == "0-0":
            return
