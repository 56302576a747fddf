"""Requeues with MAXLEN, "so that the stream can't grow without end": it deletes the oldest jobs, which wait.

bug: trims-jobs (F03)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline(transaction=True) as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1}, maxlen=1_000)
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error}, maxlen=1_000)
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
