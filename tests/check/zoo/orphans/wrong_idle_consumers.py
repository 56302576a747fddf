"""Asks how long each consumer has been idle, not each entry.

bug: judges-consumers (F68)
"""


async def find_orphans(redis, stream, group, idle_ms):
    orphans = []
    for consumer in await redis.xinfo_consumers(stream, group):
        if consumer["idle"] < idle_ms or not consumer["pending"]:
            continue
        rows = await redis.xpending_range(stream, group, "-", "+", consumer["pending"], consumer["name"])
        orphans += [row["message_id"] for row in rows]
    return orphans
