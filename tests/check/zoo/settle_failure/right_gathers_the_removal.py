"""Adds first, and then removes both traces at once."""

import asyncio


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields.get("attempt", "1"))
    if attempt < max_attempts:
        await redis.xadd(stream, dict(fields, attempt=attempt + 1))
    else:
        await redis.xadd(f"{stream}:dead", dict(fields, error=error, group=group))
    await asyncio.gather(redis.xack(stream, group, entry_id), redis.xdel(stream, entry_id))
