"""Acknowledges everything pending in the group, others' work included.

bug: takes-others (F30)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for _, fields in entries:
            await handle(fields)
    rows = await redis.xpending_range(stream, group, "-", "+", 100)
    if rows:
        await redis.xack(stream, group, *(row["message_id"] for row in rows))
