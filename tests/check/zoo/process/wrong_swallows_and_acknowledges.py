"""Logs the handler's error, and goes on as if there were none.

bug: acks-failure (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            try:
                await handle(fields)
            except Exception as error:
                print("failed:", error)
            await redis.xack(stream, group, entry_id)
