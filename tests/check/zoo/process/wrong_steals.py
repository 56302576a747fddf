"""Takes the pending entries of all consumers, fresh ones too, before it reads.

bug: takes-others (F30)
"""

async def process_one(redis, stream, group, consumer, handle):
    _, entries, _ = await redis.xautoclaim(stream, group, consumer, 0, count=1)
    if not entries:
        reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
        entries = reply[0][1] if reply else []
    for entry_id, fields in entries:
        await handle(fields)
        await redis.xack(stream, group, entry_id)
