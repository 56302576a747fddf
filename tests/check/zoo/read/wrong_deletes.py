"""Deletes the entries it reads, as if from a list.

bug: changes-the-stream
"""


async def read_after(redis, stream, after):
    found = [entry for entry, _ in await redis.xrange(stream, "(" + after)]
    if found:
        await redis.xdel(stream, *found)
    return found
