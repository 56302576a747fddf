"""With nothing new, takes the oldest pending entry of any consumer, even if that one is at work.

bug: takes-others (F30)
"""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    entries = reply[0][1] if reply else []
    if not entries:
        _, entries, _ = await redis.xautoclaim(stream, group, consumer, min_idle_time=0, count=1)
    for entry_id, fields in entries:
        await handle(fields)
        await redis.xack(stream, group, entry_id)
