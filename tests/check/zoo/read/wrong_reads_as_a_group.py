"""Makes a group at `after`, and reads as its consumer: the stream has a group now.

bug: leaves-a-group
"""


async def read_after(redis, stream, after):
    await redis.xgroup_create(stream, "readers", id=after, mkstream=True)
    reply = await redis.xreadgroup("readers", "me", {stream: ">"}, noack=True)
    return [entry_id for _, entries in reply for entry_id, _ in entries]
