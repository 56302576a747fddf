"""Deletes the entry before it works, so a reaper meets a row with nothing behind it.

bug: delete-before-work (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            await redis.xdel(stream, entry_id)
            await handle(fields)
            await redis.xack(stream, group, entry_id)
