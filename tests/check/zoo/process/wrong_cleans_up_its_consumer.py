"""Deletes its consumer before the work is done, and the row with it.

bug: deletes-consumer (F13)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    await redis.xgroup_delconsumer(stream, group, consumer)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xdel(stream, entry_id)
