"""Requeues the fields as they are, so a job that always fails is tried forever.

bug: attempt-not-counted (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.pipeline() as pipe:
        if int(fields["attempt"]) < max_attempts:
            pipe.xadd(stream, fields)
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
