"""Starts the work and acknowledges at once.

bug: work-in-background (F36)
"""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            asyncio.create_task(handle(fields))
            await redis.xack(stream, group, entry_id)
