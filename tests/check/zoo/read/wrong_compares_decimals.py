"""Makes a decimal number of an id, so 8-10 becomes 8.10, which is less than 8.9.

bug: skips
"""


def as_number(entry_id: str) -> float:
    return float(entry_id.replace("-", "."))


async def read_after(redis, stream, after):
    last = as_number(after)
    return [entry_id for entry_id, _ in await redis.xrange(stream) if as_number(entry_id) > last]
