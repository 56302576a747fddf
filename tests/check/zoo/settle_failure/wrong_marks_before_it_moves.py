"""Marks the entry as settled before it moves it, and after a lost reply its second call trusts the mark.

bug: lost-when-repeated (F59)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if not await redis.set(f"{stream}:settled:{entry_id}", 1, nx=True):
        await redis.xack(stream, group, entry_id)
        return
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
