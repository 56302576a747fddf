"""WATCH, a look if the entry is still pending, and a MULTI that fails if another client came in between."""

from redis.exceptions import WatchError


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    async with redis.pipeline() as pipe:
        while True:
            try:
                await pipe.watch(stream)
                if not await pipe.xpending_range(stream, group, entry_id, entry_id, 1):
                    return
                pipe.multi()
                if attempt < max_attempts:
                    pipe.xadd(stream, {**fields, "attempt": attempt + 1})
                else:
                    pipe.xadd(f"{stream}:dead", {**fields, "error": error})
                pipe.xack(stream, group, entry_id)
                pipe.xdel(stream, entry_id)
                await pipe.execute()
                return
            except WatchError:
                continue
