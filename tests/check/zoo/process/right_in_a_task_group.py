"""A failure comes out as an ExceptionGroup."""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(handle(fields))
            await redis.xack(stream, group, entry_id)
