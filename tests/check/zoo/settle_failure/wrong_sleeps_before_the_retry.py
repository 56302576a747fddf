"""Backs off right here: the worker waits, and keeps the job's entry, until it's time to add the next attempt.

bug: backoff-by-sleeping (F54)
"""

import asyncio


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline(transaction=True) as pipe:
        if attempt < max_attempts:
            await asyncio.sleep(2**attempt)
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
