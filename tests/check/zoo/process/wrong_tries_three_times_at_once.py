"""Tries a job that has just failed again at once, and it mostly fails again.

bug: retries-at-once (F53)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    for _, entries in reply:
        for entry_id, fields in entries:
            for _ in range(3):
                try:
                    await handle(fields)
                    await redis.xack(stream, group, entry_id)
                    break
                except Exception:
                    continue
