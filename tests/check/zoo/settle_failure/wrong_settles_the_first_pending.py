"""Settles the first entry of the pending list.

bug: touches-others
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    (row, *_) = await redis.xpending_range(stream, group, "-", "+", 10)
    entry_id = row["message_id"]
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
