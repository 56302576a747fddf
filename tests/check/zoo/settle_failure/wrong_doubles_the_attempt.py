"""`attempt * 2` is right for the first attempt only.

bug: attempt-wrong (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt * 2})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
