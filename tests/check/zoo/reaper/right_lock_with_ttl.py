"""One reaper at a time, by a lock that expires, and a claim, in case it expires too early."""

import uuid

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    me = str(uuid.uuid4())
    if not await redis.set(f"{stream}:reaper", me, nx=True, px=stale_after_ms):
        return
    try:
        for row in await redis.xpending_range(stream, group, "-", "+", 5_000):
            if row["time_since_delivered"] >= stale_after_ms:
                for entry_id, fields in await redis.xclaim(stream, group, me, stale_after_ms, [row["message_id"]]):
                    new = dict(fields, attempt=int(fields["attempt"]) + 1)
                    await redis.pipeline().xadd(stream, new).xdel(stream, entry_id).xack(stream, group, entry_id).execute()
    finally:
        await redis.eval(RELEASE, 1, f"{stream}:reaper", me)
