"""`finally` removes the old entry, even if the new one was refused.

bug: swallows-errors (F46)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    try:
        if attempt < max_attempts:
            await redis.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    finally:
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
