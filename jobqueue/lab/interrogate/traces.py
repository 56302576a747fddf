"""Is any trace of a job left in Redis? Where there is none, it is lost for certain, however long one would wait."""

from redis.asyncio import Redis

#: How a value of each type is read whole. (DUMP would do for all of them, but may compress, and hide the id.)
READ = {
    b"string": ("GET",),
    b"list": ("LRANGE", 0, -1),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", 0, -1),
}


async def has_traces(redis: Redis, job_id: str) -> bool:
    """Whether the id is in a key or a value. What a stream keeps of jobs that were acknowledged does not count."""
    wanted = job_id.encode()
    async for key in redis.scan_iter():
        if wanted in key:
            return True
        kind = await redis.type(key)
        if kind == b"stream" and await _in_stream(redis, key, wanted):
            return True
        if kind in READ:
            command, *rest = READ[kind]
            if any(wanted in part for part in _parts(await redis.execute_command(command, key, *rest))):
                return True
    return False


def _parts(value) -> list[bytes]:
    """All that a value of any type consists of."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return [value] if isinstance(value, bytes) else list(value or ())


async def _in_stream(redis: Redis, key: bytes, wanted: bytes) -> bool:
    """Whether it is in an entry that some group has yet to be given or to acknowledge; in any, without a group."""
    entries = [
        entry for entry, fields in await redis.xrange(key) if wanted in b"".join(map(bytes, sum(fields.items(), ())))
    ]
    groups = await redis.xinfo_groups(key)
    if not groups:
        return bool(entries)
    for group in groups:
        pending = await redis.xpending_range(key, group["name"], "-", "+", 10_000)
        open_ = {row["message_id"] for row in pending}
        if any(entry in open_ or _number(entry) > _number(group["last-delivered-id"]) for entry in entries):
            return True
    return False


def _number(entry: bytes) -> tuple[int, ...]:
    return tuple(map(int, entry.split(b"-")))
