"""Settles in a transaction that watches the stream, if the entry is still its own."""

from redis.exceptions import WatchError


async def settle(redis, stream, group, consumer, entry_id):
    async with redis.pipeline() as pipe:
        while True:
            try:
                await pipe.watch(stream)
                if not await pipe.xpending_range(stream, group, entry_id, entry_id, 1, consumer):
                    return False
                pipe.multi()
                pipe.xack(stream, group, entry_id)
                pipe.xdel(stream, entry_id)
                await pipe.execute()
                return True
            except WatchError:
                continue


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if not reply:
        return
    [(entry_id, fields)] = reply[0][1]
    await handle(fields)
    await settle(redis, stream, group, consumer, entry_id)
