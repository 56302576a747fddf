"""Caps the dead-letter stream so tightly that each dead job pushes out the one before.

bug: trims-the-dead (F57)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error}, maxlen=1, approximate=False)
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
