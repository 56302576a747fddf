"""Looks first, and raises an error if the lease is lost."""


class LeaseLost(Exception):
    pass


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    if not await redis.xpending_range(stream, group, entry_id, entry_id, 1):
        raise LeaseLost(entry_id)
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": f"failed with {error}"}, maxlen=10_000)
        pipe.xdel(stream, entry_id)
        pipe.xack(stream, group, entry_id)
        await pipe.execute()
