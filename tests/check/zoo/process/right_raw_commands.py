"""In Redis's own words, without redis-py's methods."""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.execute_command("XREADGROUP", "GROUP", group, consumer, "COUNT", 1, "STREAMS", stream, ">")
    if not reply:
        return 0
    entry_id, fields = reply[0][1][0]
    await handle(fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2])))
    return await redis.execute_command("XACK", stream, group, entry_id)
