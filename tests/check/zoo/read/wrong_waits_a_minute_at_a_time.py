"""Polls until there's something new.

bug: waits-for-ever
"""

import asyncio


async def read_after(redis, stream, after):
    while True:
        entries = await redis.xrange(stream, f"({after}")
        if entries:
            return [entry_id for entry_id, _ in entries]
        await asyncio.sleep(60)
