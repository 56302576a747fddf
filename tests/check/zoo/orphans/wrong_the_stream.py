"""Everything in the stream.

bug: counts-what-is-not-pending (F01)
"""


async def find_orphans(redis, stream, group, idle_ms):
    return [entry for entry, _ in await redis.xrange(stream)]
