"""Pages, but never moves on from `after`.

bug: same-page (F27)
"""


async def read_after(redis, stream, after):
    ids = []
    while page := await redis.xread({stream: after}, count=100):
        ids += [entry_id for _, entries in page for entry_id, _ in entries]
    return ids
