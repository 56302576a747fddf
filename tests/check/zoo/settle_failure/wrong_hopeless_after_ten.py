"""A second limit of its own, ten attempts, whatever `max_attempts` says.

bug: wrong-threshold (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline(transaction=True) as pipe:
        if attempt < min(max_attempts, 10):
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
