"""`finally` runs even if the handler raised.

bug: acks-failure (F36)
"""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if not reply:
        return
    entry_id, fields = reply[0][1][0]
    try:
        await handle(fields)
    finally:
        await redis.xack(stream, group, entry_id)
