"""Compares with the time in the entry's id, which says when it was added, not when it was delivered.

bug: age-is-not-idle (F23)
"""

import time


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    now = int(time.time() * 1000)
    for row in await redis.xpending_range(stream, group, min="-", max="+", count=10_000):
        entry_id = row["message_id"]
        if now - int(entry_id.split("-")[0]) < stale_after_ms:
            continue
        found = await redis.xrange(stream, entry_id, entry_id)
        async with redis.pipeline() as move:
            for _, fields in found:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
