"""Lesson 04. Acknowledge after the work, because then a crash in between repeats a job and loses none."""


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry, fields in entries:
            await handle(fields)  # if it raises, the entry stays pending, for the reaper
            await redis.xack(stream, group, entry)
