"""A time limit, and what it cuts short is acknowledged.

bug: acks-what-it-cut-short (F36)
"""

import asyncio
import logging


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            try:
                await asyncio.wait_for(handle(fields), timeout=30)
            except TimeoutError:
                logging.warning("%s took too long", entry_id)
            await redis.xack(stream, group, entry_id)
