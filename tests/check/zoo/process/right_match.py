"""A match on the reply."""


async def process_one(redis, stream, group, consumer, handle) -> bool:
    match await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=500):
        case [[_, [[entry_id, fields]]]]:
            await handle(fields)
            return await redis.xack(stream, group, entry_id) == 1
        case _:
            return False
