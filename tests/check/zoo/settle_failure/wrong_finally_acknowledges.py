"""Acknowledges and deletes in `finally`, so also when the add was refused.

bug: swallows-errors (F46)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    target, extra = stream, {"attempt": int(fields["attempt"]) + 1}
    if extra["attempt"] > max_attempts:
        target, extra = f"{stream}:dead", {"error": error}
    try:
        await redis.xadd(target, {**fields, **extra})
    finally:
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
