"""Reads back from the newest, a hundred at most, so the older ones stay unread.

bug: one-page (F27)
"""


async def read_after(redis, stream, after):
    newest = await redis.xrevrange(stream, max="+", min=f"({after}", count=100)
    return [entry_id for entry_id, _ in reversed(newest)]
