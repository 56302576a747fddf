"""Works and acknowledges side by side, so either may come first.

bug: ack-before-work (F36)
"""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await asyncio.gather(handle(fields), redis.xack(stream, group, entry_id))
