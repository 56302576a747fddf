"""Makes up the id that would come next: one more after the dash."""

PAGE = 64


def following(entry_id: str) -> str:
    milliseconds, _, sequence = entry_id.partition("-")
    return f"{milliseconds}-{int(sequence) + 1}"


async def read_after(redis, stream: str, after: str) -> list[str]:
    ids: list[str] = []
    while entries := await redis.xrange(stream, min=following(after), max="+", count=PAGE):
        ids.extend(entry_id for entry_id, _fields in entries)
        after = ids[-1]
        if len(entries) < PAGE:
            break
    return ids
