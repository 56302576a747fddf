"""What all processes of a queue share through Redis and need before anything else: its groups, and its lease."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobqueue.keys import GROUP, TIERS, Keys

#: Seconds a pending entry may stay without a heartbeat before the reaper takes it, until `set_lease` says otherwise.
DEFAULT_LEASE = 30.0


async def read_lease(redis: Redis, keys: Keys) -> float:
    """The lease in seconds, as this queue's settings have it now."""
    lease_ms: Any = await redis.hget(keys.settings, "lease_ms")
    # What set_lease would not have written is somebody's hand: better a lease that is not theirs than no heartbeat.
    whole = lease_ms and lease_ms.isdigit() and len(lease_ms) < 12 and int(lease_ms) >= 500
    return int(lease_ms) / 1000 if whole else DEFAULT_LEASE


async def create_groups(redis: Redis, keys: Keys) -> None:
    """Create each tier's stream and group where they are missing (FLUSHALL and eviction take a group with its stream).

    From entry 0, never `$`: `$` would skip what was enqueued before. Nothing is run twice by it, because what is
    settled is deleted.
    """
    for tier in TIERS:
        try:
            await redis.xgroup_create(keys.stream(tier), GROUP, id="0", mkstream=True)
        except ResponseError as error:
            # On a full server it is refused even where the group exists: a worker must be able to start all the same.
            if not str(error).startswith("BUSYGROUP") and not await _has_group(redis, keys.stream(tier)):
                raise


async def _has_group(redis: Redis, stream: str) -> bool:
    return any(info["name"].decode() == GROUP for info in await redis.xinfo_groups(stream))
