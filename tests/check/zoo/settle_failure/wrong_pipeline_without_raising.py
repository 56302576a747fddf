"""raise_on_error=False: the XADD that was refused is one of three replies that nobody looks at.

bug: swallows-errors (F46)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    pipe = redis.pipeline(transaction=False)
    if attempt < max_attempts:
        pipe.xadd(stream, {**fields, "attempt": attempt + 1})
    else:
        pipe.xadd(f"{stream}:dead", {**fields, "error": error})
    pipe.xack(stream, group, entry_id)
    pipe.xdel(stream, entry_id)
    await pipe.execute(raise_on_error=False)
