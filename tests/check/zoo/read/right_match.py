"""XREAD without a count, and a match on its reply."""


async def read_after(redis, stream, after):
    match await redis.xread({stream: after}):
        case [[_, entries]]:
            return [entry_id for entry_id, _ in entries]
        case _:
            return []
