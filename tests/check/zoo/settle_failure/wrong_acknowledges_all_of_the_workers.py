"""Acknowledges everything that the worker holds.

bug: touches-others
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    (row,) = await redis.xpending_range(stream, group, entry_id, entry_id, 1)
    mine = await redis.xpending_range(stream, group, "-", "+", 100, consumername=row["consumer"])
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, *(row["message_id"] for row in mine))
        pipe.xdel(stream, entry_id)
        await pipe.execute()
