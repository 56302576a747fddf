"""Never looks at entries of the consumer `reaper`, so those that a dead reaper had claimed stay with it.

bug: never-looks-again (F10)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id = row["message_id"]
        if row["consumer"] == "reaper":
            continue
        if not await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id], justid=True):
            continue
        found = await redis.xrange(stream, entry_id, entry_id)
        async with redis.pipeline() as move:
            for _, fields in found:
                move.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            move.xack(stream, group, entry_id)
            move.xdel(stream, entry_id)
            await move.execute()
