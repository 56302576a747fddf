"""Goes on only if XACK says 1. A worker that dies after it, or never hears its reply, loses the job.

bug: ack-then-requeue (F20)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    if not await redis.xack(stream, group, entry_id):
        return
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xdel(stream, entry_id)
        await pipe.execute()
