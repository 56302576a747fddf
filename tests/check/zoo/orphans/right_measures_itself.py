"""Measures how long it takes, with a clock imported by its name."""

import logging
from time import perf_counter


async def find_orphans(redis, stream, group, idle_ms):
    began = perf_counter()
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000, idle=idle_ms)
    logging.debug("found %d orphans in %.3f s", len(rows), perf_counter() - began)
    return [row["message_id"] for row in rows]
