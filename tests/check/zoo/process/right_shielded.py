"""Shields the work from being cancelled, and notes how it ended."""

import asyncio
import traceback


async def work_off(handle, fields) -> bool:
    try:
        await asyncio.shield(handle(fields))
    except Exception:
        traceback.print_exc()
        return False
    return True


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=100)
    entries = reply[0][1] if reply else []
    done = [entry_id for entry_id, fields in entries if await work_off(handle, fields)]
    if done:
        await redis.xack(stream, group, *done)
