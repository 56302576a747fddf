"""Tidies the pending list, and the jobs are gone.

bug: ack-without-requeue (F20)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        await redis.xack(stream, group, row["message_id"])
        await redis.xdel(stream, row["message_id"])
