"""Follows the cursor, but only as long as something is claimed.

bug: first-page-only (F27)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while True:
        cursor, claimed, _ = await redis.xautoclaim(stream, group, "reaper", stale_after_ms, cursor, count=100)
        if not claimed:
            break
        for entry_id, fields in claimed:
            new = {**fields, "attempt": int(fields["attempt"]) + 1}
            await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
        if cursor == "0-0":
            break
