"""Gives the entries to the consumer `reaper`, which doesn't run them.

bug: claim-without-requeue (F10)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while True:
        cursor, claimed, _ = await redis.xautoclaim(stream, group, "reaper", stale_after_ms, cursor, count=100)
        if cursor == "0-0":
            return
