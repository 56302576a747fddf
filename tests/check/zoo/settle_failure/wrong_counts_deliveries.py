"""Takes the pending list's count of deliveries for the attempt.

bug: counts-deliveries (F16)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    rows = await redis.xpending_range(stream, group, entry_id, entry_id, 1)
    if not rows:
        return
    attempt = rows[0]["times_delivered"]
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
