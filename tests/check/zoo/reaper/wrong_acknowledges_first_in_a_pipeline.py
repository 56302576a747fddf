"""A pipeline without a transaction is three commands, and the first one is XACK.

bug: ack-then-requeue (F20)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            pipe = redis.pipeline(transaction=False)
            pipe.xack(stream, group, entry_id)
            pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            pipe.xdel(stream, entry_id)
            await pipe.execute()
