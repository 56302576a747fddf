"""Without COUNT the report shows ten rows of a pending list.

bug: only-a-prefix (F27)
"""


async def find_orphans(redis, stream, group, idle_ms):
    seconds, microseconds = await redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    report = await redis.xinfo_stream(stream, full=True)
    (mine,) = [one for one in report["groups"] if one["name"] == group]
    return [entry_id for entry_id, _, delivered_ms, _ in mine["pending"] if now_ms - delivered_ms >= idle_ms]
