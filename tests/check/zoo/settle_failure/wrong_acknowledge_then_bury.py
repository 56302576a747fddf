"""Requeues in the right order, but acknowledges a hopeless job before it's in the dead-letter stream.

bug: ack-then-bury (F20)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        async with redis.pipeline() as pipe:
            pipe.xadd(stream, {**fields, "attempt": attempt + 1})
            pipe.xack(stream, group, entry_id)
            pipe.xdel(stream, entry_id)
            await pipe.execute()
        return
    await redis.xack(stream, group, entry_id)
    await redis.xdel(stream, entry_id)
    await redis.xadd(f"{stream}:dead", {**fields, "error": error})
