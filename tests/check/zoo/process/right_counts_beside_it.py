"""Keeps statistics, and raises an error when its lease is lost."""

import asyncio


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if not reply:
        await asyncio.sleep(1)
        return False
    entry_id, fields = reply[0][1][0]
    try:
        await handle(fields)
    except BaseException:
        await redis.hincrby(f"{stream}:stats", "failed")
        raise
    await redis.hincrby(f"{stream}:stats", "done")
    if not await redis.xack(stream, group, entry_id):
        raise RuntimeError("somebody else has my job by now")
    return True
