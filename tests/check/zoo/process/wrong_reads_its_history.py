"""0 doesn't mean `from the beginning`: it reads the entries that this consumer has pending already.

bug: reads-nothing-new (F06)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: "0"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
