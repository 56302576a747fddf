"""`finally` deletes the entry; its row stays in the pending list.

bug: deletes-failure (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            try:
                await handle(fields)
                await redis.xack(stream, group, entry_id)
            finally:
                await redis.xdel(stream, entry_id)
