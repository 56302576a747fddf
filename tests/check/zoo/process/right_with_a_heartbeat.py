"""Renews the lease during the work, and stops when the work is done."""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if not reply:
        return
    entry_id, fields = reply[0][1][0]

    async def beat():
        while True:
            await asyncio.sleep(10)
            await redis.xclaim(stream, group, consumer, 0, [entry_id], justid=True)

    beating = asyncio.create_task(beat())
    try:
        await handle(fields)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    await redis.xack(stream, group, entry_id)
