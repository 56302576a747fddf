"""Claims the entry for another name, as if that would make a worker run it.

bug: not-settled (F10)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    if int(fields["attempt"]) < max_attempts:
        await redis.xclaim(stream, group, "retries", 0, [entry_id])
        return
    async with redis.pipeline() as pipe:
        pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
