"""Buries under the old entry's id, "so that it can be traced": a job that's older than the last dead one is refused.

bug: same-id
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error}, id=entry_id)
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
