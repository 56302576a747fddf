"""Deletes after the work, acknowledges last: a crash in between leaves a row that a reaper removes."""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=2000)
    for _, entries in reply or []:
        for entry_id, fields in entries:
            try:
                await handle(dict(fields))
            except Exception as error:
                raise RuntimeError(f"{entry_id} failed") from error
            else:
                await redis.xdel(stream, entry_id)
                await redis.xack(stream, group, entry_id)
