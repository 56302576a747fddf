"""Read, work, acknowledge; an error goes on to the caller."""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
