"""The clock and the report in one transaction, and the rows of each consumer."""


async def find_orphans(redis, stream, group, idle_ms):
    async with redis.pipeline(transaction=True) as pipe:
        pipe.time()
        pipe.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 0, full=True)
        (seconds, microseconds), report = await pipe.execute()
    now_ms = seconds * 1000 + microseconds // 1000
    orphans = set()
    for each in report["groups"]:
        if each["name"] == group:
            for consumer in each["consumers"]:
                orphans |= {row[0] for row in consumer["pending"] if now_ms - row[1] >= idle_ms}
    return orphans
