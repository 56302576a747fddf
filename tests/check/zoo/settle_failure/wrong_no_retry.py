"""Every failure is final.

bug: no-retry
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.pipeline() as pipe:
        pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
