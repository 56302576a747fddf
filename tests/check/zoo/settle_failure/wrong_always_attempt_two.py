"""Writes 2 instead of one more, so a job that fails at attempt 2 gets attempt 2 again.

bug: attempt-wrong (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.pipeline(transaction=True) as pipe:
        if int(fields["attempt"]) < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": 2})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
