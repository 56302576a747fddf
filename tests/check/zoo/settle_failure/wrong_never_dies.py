"""Tries again, always.

bug: never-dies (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.pipeline() as pipe:
        pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
