"""Reaps the entries of idle consumers, but one that's alive may never have received its own.

bug: judges-consumers (F68)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000)
    last = {}
    for row in rows:
        last[row["consumer"]] = min(row["time_since_delivered"], last.get(row["consumer"], 10**12))
    for row in rows:
        entry_id = row["message_id"]
        if last[row["consumer"]] < stale_after_ms:
            continue
        found = await redis.xrange(stream, entry_id, entry_id)
        async with redis.pipeline() as move:
            for _, fields in found:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
