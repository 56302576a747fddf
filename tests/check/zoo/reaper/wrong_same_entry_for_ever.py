"""The next page begins with the last entry of this one, so no page is ever empty.

bug: stays-on-the-last (F27)
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    start = "-"
    while rows := await redis.xpending_range(stream, group, start, "+", 100):
        for row in rows:
            if row["time_since_delivered"] >= stale_after_ms:
                for entry_id, fields in await redis.xclaim(
                    stream, group, "reaper", stale_after_ms, [row["message_id"]]
                ):
                    new = {**fields, "attempt": int(fields["attempt"]) + 1}
                    await redis.pipeline().xadd(stream, new).xack(stream, group, entry_id).xdel(
                        stream, entry_id
                    ).execute()
        start = rows[-1]["message_id"]
