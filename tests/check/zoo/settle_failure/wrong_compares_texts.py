"""Compares texts: "9" is not less than "10".

bug: compares-text (F22)
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.pipeline() as pipe:
        if fields["attempt"] < str(max_attempts):
            pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
        else:
            pipe.xadd(f"{stream}:dead", {**fields, "error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
