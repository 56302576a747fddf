"""The rows themselves.

bug: not-ids
"""


async def find_orphans(redis, stream, group, idle_ms):
    return await redis.xpending_range(stream, group, "-", "+", 1000, idle=idle_ms)
