"""return_exceptions=True makes an error an answer, and nothing looks at it.

bug: acks-failure (F36)
"""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        await asyncio.gather(*(handle(fields) for _, fields in entries), return_exceptions=True)
        await redis.xack(stream, group, *(entry_id for entry_id, _ in entries))
