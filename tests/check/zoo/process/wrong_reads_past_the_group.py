"""XRANGE, not the group: every worker sees the same first entry.

bug: reads-without-group (F10)
"""

async def process_one(redis, stream, group, consumer, handle):
    waiting = await redis.xrange(stream, count=1)
    for entry_id, fields in waiting:
        await handle(fields)
        await redis.xdel(stream, entry_id)
