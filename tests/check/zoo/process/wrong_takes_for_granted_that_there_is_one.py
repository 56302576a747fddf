"""Takes [0] of an empty reply, which is an error.

bug: stumbles-over-nothing
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    entry_id, fields = reply[0][1][0]
    await handle(fields)
    await redis.xack(stream, group, entry_id)
