"""The work is a task of its own, with a time limit, and awaited."""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    entries = reply[0][1] if reply else []
    for entry_id, fields in entries:
        work = asyncio.create_task(handle(fields))
        await asyncio.wait({work}, timeout=600)
        if work.done() and not work.exception():
            await redis.xack(stream, group, entry_id)
            await redis.xdel(stream, entry_id)
        else:
            work.cancel()
