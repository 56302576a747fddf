"""Asks again every second, and never comes back.

bug: blocks-for-ever (F60)
"""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    while not (reply := await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)):
        await asyncio.sleep(1)
    entry_id, fields = reply[0][1][0]
    await handle(fields)
    await redis.xack(stream, group, entry_id)
