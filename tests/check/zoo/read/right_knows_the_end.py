"""Asks how long the stream is first, in one pipeline with the first page."""


async def read_after(redis, stream, after):
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xlen(stream)
        pipe.xrange(stream, f"({after}", "+", 100)
        length, page = await pipe.execute()
    ids = [entry_id for entry_id, _ in page]
    while page and len(ids) < length:
        page = await redis.xrange(stream, f"({ids[-1]}", "+", 100)
        ids += [entry_id for entry_id, _ in page]
    return ids
