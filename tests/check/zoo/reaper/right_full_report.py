"""Finds the stale ones with XINFO STREAM FULL and the server's clock, and claims each."""


async def stale_ids(redis, stream, group, stale_after_ms):
    seconds, microseconds = await redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    report = await redis.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 0, full=True)
    rows = next(each["pending"] for each in report["groups"] if each["name"] == group)
    return [entry_id for entry_id, _, delivered_ms, _ in rows if now_ms - delivered_ms >= stale_after_ms]


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for entry_id in await stale_ids(redis, stream, group, stale_after_ms):
        claimed = await redis.xclaim(stream, group, "reaper", stale_after_ms, [entry_id])
        async with redis.pipeline() as pipe:
            for claimed_id, fields in claimed:
                pipe.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
                pipe.xack(stream, group, claimed_id)
                pipe.xdel(stream, claimed_id)
            await pipe.execute()
        if not claimed and not await redis.exists(stream):
            break
