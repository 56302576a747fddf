"""Asks how long each consumer has been idle, not each entry.

bug: judges-consumers (F68)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for consumer in await redis.xinfo_consumers(stream, group):
        if consumer["idle"] < stale_after_ms:
            continue
        for row in await redis.xpending_range(stream, group, "-", "+", 10_000, consumer["name"]):
            for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
                new = {**fields, "attempt": int(fields["attempt"]) + 1}
                await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
