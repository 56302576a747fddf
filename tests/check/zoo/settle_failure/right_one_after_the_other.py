"""Plain commands in the right order: a crash may leave a duplicate, never a hole."""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt >= max_attempts:
        await redis.xadd(stream + ":dead", {**fields, "error": error, "died_of": "attempts"})
    else:
        await redis.xadd(stream, {**fields, "attempt": str(attempt + 1)})
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
