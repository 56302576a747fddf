"""Wants to be idempotent, but marks the job as done before its work.

bug: marked-before-work (F37)
"""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            if await redis.set(f"done:{fields['id']}", 1, nx=True):
                await handle(fields)
            await redis.xack(stream, group, entry_id)
