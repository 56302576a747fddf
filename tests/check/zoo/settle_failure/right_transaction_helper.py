"""redis.transaction: WATCH, a look, MULTI … EXEC, again on a conflict."""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])

    async def settle(pipe):
        pending = await pipe.xpending_range(stream, group, entry_id, entry_id, 1)
        pipe.multi()
        if not pending:
            return
        if attempt >= max_attempts:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        else:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)

    await redis.transaction(settle, stream)
