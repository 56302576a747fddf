"""Idempotent: it marks the job as done after its work, and runs it only if it isn't marked."""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            key = f"done:{fields['id']}"
            if not await redis.exists(key):
                await handle(fields)
                await redis.set(key, 1, ex=86_400)
            await redis.xack(stream, group, entry_id)
