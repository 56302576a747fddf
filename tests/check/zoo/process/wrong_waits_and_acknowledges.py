"""asyncio.wait returns after a minute whether the work is done or not.

bug: acks-what-it-cut-short (F36)
"""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            work = asyncio.ensure_future(handle(fields))
            done, late = await asyncio.wait([work], timeout=60)
            for task in late:
                task.cancel()
            for task in done:
                task.result()
            await redis.xack(stream, group, entry_id)
