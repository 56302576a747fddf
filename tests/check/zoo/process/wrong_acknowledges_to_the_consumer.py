"""XACK wants the group, not the consumer; it returns 0, and nothing looks at it.

bug: not-acknowledged (F10)
"""


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, consumer, entry_id)
