"""Catches and forgets the conflict of WATCH, so nothing is settled, and no error says so.

bug: two-at-once
"""

from redis.exceptions import WatchError


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        await pipe.watch(stream)
        if not await pipe.xpending_range(stream, group, entry_id, entry_id, 1):
            return
        pipe.multi()
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        try:
            await pipe.execute()
        except WatchError:
            pass
