"""Goes on until nothing waits.

bug: reads-too-many (F18)
"""


async def process_one(redis, stream, group, consumer, handle):
    while reply := await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in reply[0][1]:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
