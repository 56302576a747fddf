"""Reads as `worker-1`, and not in the name it's given.

bug: hard-coded-names
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, "worker-1", {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
