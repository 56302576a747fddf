"""Calls an async function, and nothing happens.

bug: not-awaited
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            handle(fields)
            await redis.xack(stream, group, entry_id)
