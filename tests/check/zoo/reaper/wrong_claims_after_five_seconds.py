"""A claim that lasts for five seconds only, because "it was stale when I looked".

bug: claims-too-soon (F23)
"""

CLAIM_MS = 5_000


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    start = "-"
    while rows := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
        for row in rows:
            claimed = await redis.xclaim(stream, group, "reaper", CLAIM_MS, [row["message_id"]])
            for entry_id, fields in claimed:
                await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                await redis.xack(stream, group, entry_id)
                await redis.xdel(stream, entry_id)
        start = "(" + rows[-1]["message_id"]
