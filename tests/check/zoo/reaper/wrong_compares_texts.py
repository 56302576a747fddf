"""Compares idle times as words: '7000' comes after '60000'.

bug: compares-texts
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000):
        entry_id = row["message_id"]
        if f"{row['time_since_delivered']}" < f"{stale_after_ms}":
            continue
        for _, fields in await redis.xclaim(stream, group, "reaper", 0, [entry_id]):
            new = {**fields, "attempt": int(fields["attempt"]) + 1}
            await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
