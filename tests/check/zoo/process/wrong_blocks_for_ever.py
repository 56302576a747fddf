"""BLOCK 0 waits until something comes.

bug: blocks-for-ever (F60)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=0)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
