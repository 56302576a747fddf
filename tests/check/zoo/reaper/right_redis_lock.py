"""redis-py's Lock, which expires, and doesn't wait; then claims by the page."""

from redis.exceptions import LockError


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    lock = redis.lock(f"{stream}:reaper-lock", timeout=stale_after_ms / 1000, blocking=False)
    if not await lock.acquire():
        return
    try:
        start = "-"
        while page := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
            ids = [row["message_id"] for row in page]
            for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, ids):
                fields["attempt"] = int(fields["attempt"]) + 1
                await redis.pipeline().xadd(stream, fields).xack(stream, group, entry_id).xdel(stream, entry_id).execute()
            start = "(" + ids[-1]
    finally:
        try:
            await lock.release()
        except LockError:
            pass
