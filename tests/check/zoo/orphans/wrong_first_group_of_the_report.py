"""Takes the first group of the report for its own.

bug: another-group
"""


async def find_orphans(redis, stream, group, idle_ms):
    seconds, microseconds = await redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    report = await redis.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 0, full=True)
    rows = report["groups"][0]["pending"]
    return [entry_id for entry_id, _, delivered_ms, _ in rows if now_ms - delivered_ms >= idle_ms]
