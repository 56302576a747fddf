"""The same report, consumer by consumer, and this machine's clock, imported by its name."""

from time import time


async def find_orphans(redis, stream: str, group: str, idle_ms: int) -> set[str]:
    latest = int(time() * 1000) - idle_ms
    report = await redis.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 100_000, full=True)
    mine = next(each for each in report["groups"] if each["name"] == group)
    orphans = set()
    for consumer in mine["consumers"]:
        rows = consumer.get("pending") or consumer.get("pel") or []
        orphans.update(row[0] for row in rows if row[1] <= latest)
    return orphans
