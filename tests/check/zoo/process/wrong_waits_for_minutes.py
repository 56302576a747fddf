"""Blocks for five minutes.

bug: waits-too-long (F60)
"""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=5 * 60 * 1000)
    for _, entries in reply or []:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
