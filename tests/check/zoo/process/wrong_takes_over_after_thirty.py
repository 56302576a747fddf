"""With nothing new, takes over what has been idle for 30: those are milliseconds.

bug: takes-others (F30)
"""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if reply:
        entries = reply[0][1]
    else:
        rows = await redis.xpending_range(stream, group, "-", "+", 1, idle=30)
        ids = [row["message_id"] for row in rows]
        entries = await redis.xclaim(stream, group, consumer, 30, ids) if ids else []
    for entry_id, fields in entries:
        await handle(fields)
        await redis.xack(stream, group, entry_id)
