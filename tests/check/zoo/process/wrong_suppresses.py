"""contextlib.suppress hides the handler's error.

bug: acks-failure (F36)
"""

from contextlib import suppress


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            with suppress(Exception):
                await handle(fields)
            await redis.pipeline().xack(stream, group, entry_id).xdel(stream, entry_id).execute()
