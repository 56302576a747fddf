"""XGROUP SETID 0 delivers everything again, also the jobs that others are working on.

bug: rewinds-the-group (F15)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    if await redis.xpending_range(stream, group, "-", "+", 1, idle=stale_after_ms):
        await redis.xgroup_setid(stream, group, "0")
