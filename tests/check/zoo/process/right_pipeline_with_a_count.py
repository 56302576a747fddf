"""Acknowledges and counts in one pipeline, which isn't a transaction."""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, streams={stream: ">"}, count=1)
    for _stream, entries in reply:
        (entry,) = entries
        entry_id, fields = entry
        await handle(fields)
        pipe = redis.pipeline(transaction=False)
        pipe.xack(stream, group, entry_id)
        pipe.incr(f"{stream}:done")
        acknowledged, _ = await pipe.execute()
        return bool(acknowledged)
    return False
