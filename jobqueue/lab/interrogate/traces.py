"""Is any trace of a job left in Redis? If there's none, the job is gone, however long we wait."""

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

#: The command that reads a whole value, by type. (DUMP reads any type, but it may compress, and hide the id.)
READ: dict[bytes, tuple[Any, ...]] = {
    b"string": ("GET",),
    b"list": ("LRANGE", 0, -1),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", 0, -1),
}


async def has_traces(redis: Redis, job_id: str) -> bool:
    """Whether the id is in a key or a value. An acknowledged entry that's still in its stream doesn't count."""
    async for _ in _places(redis, job_id):
        return True
    return False


async def places(redis: Redis, job_id: str) -> set[bytes]:
    """The keys that have the id, in their name or in a value; of a stream also whether its entry is pending."""
    return {place async for place in _places(redis, job_id)}


async def _places(redis: Redis, job_id: str) -> AsyncIterator[bytes]:
    wanted = job_id.encode()
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        if wanted in key:
            yield key
        elif kind == b"stream":
            if state := await _in_stream(redis, key, wanted):
                yield key + b" " + state
        elif kind in READ:
            command, *rest = READ[kind]
            if any(wanted in part for part in _parts(await redis.execute_command(command, key, *rest))):
                yield key


def _parts(value: Any) -> list[bytes]:
    """The parts of a value of any type."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return [value] if isinstance(value, bytes) else list(value or ())


async def _in_stream(redis: Any, key: bytes, wanted: bytes) -> bytes:
    """Whether it's in an entry that waits or is pending in some group, or b"". Without a group, any entry counts.

    `redis` is Any, because redis-py's types allow XRANGE an entry without id and fields, which it never has.
    """
    entries = [
        entry for entry, fields in await redis.xrange(key) if wanted in b"".join(map(bytes, sum(fields.items(), ())))
    ]
    groups = await redis.xinfo_groups(key)
    if not groups:
        return b"waiting" if entries else b""
    for group in groups:
        pending = await redis.xpending_range(key, group["name"], "-", "+", 10_000)
        ids = {row["message_id"] for row in pending}
        if any(entry in ids for entry in entries):
            return b"pending"
        if any(_number(entry) > _number(group["last-delivered-id"]) for entry in entries):
            return b"waiting"
    return b""


def _number(entry: bytes) -> tuple[int, ...]:
    return tuple(map(int, entry.split(b"-")))
