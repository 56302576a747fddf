"""Adds the new entry, and leaves the old one pending, so a reaper will requeue that too.

bug: old-stays (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error})
