"""redis-py's own transaction helper, which watches, and tries again."""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    async def move(entry_id: str) -> None:
        async def body(pipe):
            if not await pipe.xpending_range(stream, group, entry_id, entry_id, 1, idle=stale_after_ms):
                pipe.multi()
                return
            entries = await pipe.xrange(stream, entry_id, entry_id)
            pipe.multi()
            for _, fields in entries:
                pipe.xadd(stream, fields | {"attempt": int(fields["attempt"]) + 1})
            pipe.xack(stream, group, entry_id)
            pipe.xdel(stream, entry_id)

        await redis.transaction(body, stream)

    start = "-"
    while rows := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
        for row in rows:
            await move(row["message_id"])
        start = "(" + rows[-1]["message_id"]
