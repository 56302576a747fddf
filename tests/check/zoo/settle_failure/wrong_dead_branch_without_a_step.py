"""The retry is a transaction. The dead branch is three commands, and the first one acknowledges.

bug: ack-then-bury (F20)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        pipe = redis.pipeline(transaction=True)
        pipe.xadd(stream, fields | {"attempt": attempt + 1}).xack(stream, group, entry_id).xdel(stream, entry_id)
        await pipe.execute()
        return
    if await redis.xack(stream, group, entry_id):
        await redis.xadd(f"{stream}:dead", fields | {"error": error})
        await redis.xdel(stream, entry_id)
