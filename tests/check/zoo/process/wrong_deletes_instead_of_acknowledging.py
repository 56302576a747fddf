"""XDEL takes the entry out of the stream; its row stays in the pending list.

bug: not-acknowledged (F10)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xdel(stream, entry_id)
