"""Calls the handler with the pair, not with the fields.

bug: hands-over-something-else
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry in entries:
            await handle(entry)
            await redis.xack(stream, group, entry[0])
