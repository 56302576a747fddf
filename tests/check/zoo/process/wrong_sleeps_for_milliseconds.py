"""Sleeps for a thousand when there's nothing to do: those are seconds.

bug: waits-too-long (F60)
"""

from asyncio import sleep


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if not reply:
        await sleep(1000)
        return
    entry_id, fields = reply[0][1][0]
    await handle(fields)
    await redis.xack(stream, group, entry_id)
