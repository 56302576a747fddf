"""XAUTOCLAIM, a hundred at a time, until its cursor is back at 0-0; a MULTI for each entry."""

async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while True:
        cursor, claimed, deleted = await redis.xautoclaim(
            stream, group, "the-reaper", min_idle_time=stale_after_ms, start_id=cursor, count=100
        )
        for entry_id, fields in claimed:
            fields["attempt"] = int(fields["attempt"]) + 1
            async with redis.pipeline(transaction=True) as pipe:
                pipe.xadd(stream, fields)
                pipe.xack(stream, group, entry_id)
                pipe.xdel(stream, entry_id)
                await pipe.execute()
        if cursor == "0-0":
            break
