"""Reads without COUNT, and so takes everything.

bug: reads-too-many (F18)
"""

async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}):
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
