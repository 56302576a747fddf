"""`match` for the outcome, a walrus for the attempt, raw commands."""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    match (attempt := int(fields["attempt"])) < max_attempts:
        case True:
            target, new = stream, {**fields, "attempt": str(attempt + 1)}
        case _:
            target, new = stream + ":dead", {**fields, "reason": error}
    words = [word for pair in new.items() for word in pair]
    await redis.execute_command("XADD", target, "*", *words)
    await redis.execute_command("XACK", stream, group, entry_id)
    await redis.execute_command("XDEL", stream, entry_id)
