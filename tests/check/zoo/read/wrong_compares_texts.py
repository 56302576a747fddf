"""Compares ids as words: "10-8" comes before "8-9".

bug: compares-texts
"""


async def read_after(redis, stream, after):
    return [entry_id for entry_id, _ in await redis.xrange(stream) if entry_id > after]
