"""Acknowledges only if the handler returned something true, and most return nothing.

bug: not-acknowledged (F10)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            if await handle(fields):
                await redis.xack(stream, group, entry_id)
