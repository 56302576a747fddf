"""XREAD that blocks for a moment when there's nothing new, and then comes back."""


async def read_after(redis, stream, after):
    ids = []
    while True:
        reply = await redis.xread({stream: after}, count=500, block=50)
        if not reply:
            return ids
        for _name, entries in reply:
            for entry_id, _ in entries:
                ids.append(entry_id)
        after = ids[-1]
