"""XINFO STREAM FULL says when each entry was delivered, and the server says what time it is."""


async def find_orphans(redis, stream, group, idle_ms):
    seconds, microseconds = await redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    report = await redis.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 0, full=True)
    return [
        entry_id
        for one in report["groups"]
        if one["name"] == group
        for entry_id, _consumer, delivered_ms, _times in one["pending"]
        if now_ms - delivered_ms >= idle_ms
    ]
