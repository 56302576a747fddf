"""Works, and never acknowledges.

bug: not-acknowledged (F10)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
