"""Drops a job after three attempts.

bug: gives-up
"""


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            if int(fields["attempt"]) <= 3:
                await handle(fields)
            await redis.xack(stream, group, entry_id)
