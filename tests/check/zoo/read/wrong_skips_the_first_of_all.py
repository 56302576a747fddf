"""Reads from `after` on, and drops the first one as if that were always `after`: there's no entry 0-0.

bug: drops-the-first
"""


async def read_after(redis, stream, after):
    entries = await redis.xrange(stream, min=after, max="+")
    return [entry_id for entry_id, _ in entries[1:]]
