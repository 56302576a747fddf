"""Requeues a silent consumer's stale entries, and deletes it, with its fresh ones.

bug: deletes-consumer (F13)
"""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    silent = set()
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xrange(stream, row["message_id"], row["message_id"]):
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xdel(stream, entry_id)
        silent.add(row["consumer"])
    for consumer in silent:
        await redis.xgroup_delconsumer(stream, group, consumer)
