"""NOACK saves an XACK, but the job is never on the pending list.

bug: no-pel (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, noack=True)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
