"""Gives a job a minute, and raises if that's not enough: the entry stays pending."""

import asyncio
import logging
from time import perf_counter


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1) or []:
        for entry_id, fields in entries:
            began = perf_counter()
            async with asyncio.timeout(60):
                await handle(fields)
            await redis.xack(stream, group, entry_id)
            logging.debug("%s took %.1f s", entry_id, perf_counter() - began)
