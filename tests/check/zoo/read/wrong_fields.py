"""Returns the fields of the entries, not their ids.

bug: not-ids
"""


async def read_after(redis, stream, after):
    return [fields for _, fields in await redis.xrange(stream, "(" + after)]
