"""Puts a failed job back at the tail itself, at once and without counting.

bug: requeues-failure
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            try:
                await handle(fields)
            except Exception:
                await redis.xadd(stream, fields)
            await redis.pipeline().xack(stream, group, entry_id).xdel(stream, entry_id).execute()
