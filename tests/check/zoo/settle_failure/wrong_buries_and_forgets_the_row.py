"""The retry is complete, but the dead branch returns before it acknowledges.

bug: old-stays (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    if int(fields["attempt"]) >= max_attempts:
        return await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
