"""Reads ten and runs one, so nine leases run without any work.

bug: reads-too-many (F18)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=10)
    if reply:
        entry_id, fields = reply[0][1][0]
        await handle(fields)
        await redis.xack(stream, group, entry_id)
