"""NOACK saves an XACK, and the PEL never hears of the job.

bug: no-pel (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, noack=True)
    for _, entries in reply:
        for entry_id, fields in entries:
            await handle(fields)
