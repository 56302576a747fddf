"""The summary says how many each consumer has, and then one pipeline asks for all of them."""


async def find_orphans(redis, stream, group, idle_ms):
    summary = await redis.xpending(stream, group)
    if not summary["pending"]:
        return []
    async with redis.pipeline(transaction=False) as pipe:
        for consumer in summary["consumers"]:
            pipe.xpending_range(stream, group, "-", "+", int(consumer["pending"]), consumer["name"], idle=idle_ms)
        pages = await pipe.execute()
    return sorted(row["message_id"] for page in pages for row in page)
