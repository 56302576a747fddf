"""Calls the handler with the payload alone.

bug: hands-over-something-else
"""

import json


async def process_one(redis, stream, group, consumer, handle):
    for _, entries in await redis.xreadgroup(group, consumer, {stream: ">"}, count=1):
        for entry_id, fields in entries:
            await handle(json.loads(fields["payload"]))
            await redis.xack(stream, group, entry_id)
