"""Logs it if the new entry can't be added, and removes the old one anyway.

bug: swallows-errors (F46)
"""

import logging


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    try:
        if attempt < max_attempts:
            await redis.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    except Exception:
        logging.getLogger("worker").debug("could not requeue")
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
