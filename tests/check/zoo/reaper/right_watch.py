"""WATCH the stream, look, and move in a MULTI that fails if another client was there meanwhile."""

from redis.exceptions import WatchError


async def move(redis, stream, group, entry_id, stale_after_ms):
    async with redis.pipeline() as pipe:
        while True:
            try:
                await pipe.watch(stream)
                if not await pipe.xpending_range(stream, group, entry_id, entry_id, 1, idle=stale_after_ms):
                    return
                entries = await pipe.xrange(stream, entry_id, entry_id)
                pipe.multi()
                for _, fields in entries:
                    pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                pipe.xack(stream, group, entry_id)
                pipe.xdel(stream, entry_id)
                await pipe.execute()
                return
            except WatchError:
                continue


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    start = "-"
    while True:
        rows = await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms)
        for row in rows:
            await move(redis, stream, group, row["message_id"], stale_after_ms)
        if len(rows) < 100:
            return
        start = f"({rows[-1]['message_id']}"
