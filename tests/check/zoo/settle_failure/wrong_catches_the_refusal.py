"""Logs the error of a pipeline in which XACK and XDEL were carried out.

bug: swallows-errors (F46)
"""

from redis.exceptions import ResponseError


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    try:
        async with redis.pipeline(transaction=False) as pipe:
            if attempt < max_attempts:
                pipe.xadd(stream, {**fields, "attempt": attempt + 1})
            else:
                pipe.xadd(f"{stream}:dead", {**fields, "error": error})
            pipe.xack(stream, group, entry_id)
            pipe.xdel(stream, entry_id)
            await pipe.execute()
    except ResponseError as refused:
        print("could not settle", entry_id, refused)
