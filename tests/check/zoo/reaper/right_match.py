"""XAUTOCLAIM with its cursor, and a match on its reply."""


async def requeue(redis, stream: str, group: str, entry_id: str, fields: dict[str, str]) -> None:
    fresh = fields | {"attempt": str(int(fields["attempt"]) + 1)}
    async with redis.pipeline(transaction=True) as tx:
        tx.xadd(stream, fresh)
        tx.xack(stream, group, entry_id)
        tx.xdel(stream, entry_id)
        await tx.execute()


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while True:
        match await redis.xautoclaim(stream, group, "reaper", stale_after_ms, start_id=cursor, count=25):
            case [following, claimed, _deleted]:
                for entry_id, fields in claimed:
                    await requeue(redis, stream, group, entry_id, fields)
        if following == "0-0":
            return
        cursor = following
