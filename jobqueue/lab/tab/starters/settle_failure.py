async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    await redis.xack(stream, group, entry_id)
    if attempt < max_attempts:
        await redis.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        await redis.xadd(f"{stream}:dead", {**fields, "error": error})
    await redis.xdel(stream, entry_id)
