"""Requeues the job's id, and leaves the payload behind.

bug: changes-fields
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        if attempt < max_attempts:
            pipe.xadd(stream, {"id": fields["id"], "attempt": attempt + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
