"""All three commands at once, in no order: the old entry may go before the new one is there.

bug: delete-then-requeue (F20)
"""

import asyncio


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        add = redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        add = redis.xadd(f"{stream}:dead", {**fields, "error": error})
    await asyncio.gather(redis.xdel(stream, entry_id), redis.xack(stream, group, entry_id), add)
