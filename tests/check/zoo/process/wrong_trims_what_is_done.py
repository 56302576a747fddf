"""Tidies with XTRIM, which deletes what others have still to do.

bug: trims-jobs (F03)
"""


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            await handle(fields)
            await redis.xack(stream, group, entry_id)
            await redis.xtrim(stream, maxlen=0, approximate=False)
