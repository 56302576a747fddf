"""A lock for each entry, which outlives the worker that took it.

bug: lock-left-behind (F28)
"""

import asyncio


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    while not await redis.set(f"{stream}:lock:{entry_id}", 1, nx=True):
        await asyncio.sleep(1)
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        pipe.delete(f"{stream}:lock:{entry_id}")
        await pipe.execute()
