"""Acknowledges and deletes together; an error goes nowhere, and the entry stays pending."""

async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(groupname=group, consumername=consumer, streams={stream: ">"}, count=1, block=1000)
    if not reply:
        return None
    [[_, [(entry_id, fields)]]] = reply
    try:
        await handle(fields)
    except Exception as error:
        print("stays pending:", error)
        return False
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
    return True
