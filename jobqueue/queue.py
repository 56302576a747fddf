"""What a producer touches: enqueue a job, ask what became of it, see the whole queue at one instant."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobqueue.connect import connect, require_version
from jobqueue.errors import BadJob, BadSetting
from jobqueue.job import check_tier, encode_body, is_seconds
from jobqueue.keys import GROUP, TIERS, Keys, Tier
from jobqueue.scripts import Transitions

#: Seconds a pending entry may stay without a heartbeat before the reaper takes it, until `set_lease` says otherwise.
DEFAULT_LEASE = 30.0


class JobStatus(msgspec.Struct, frozen=True):
    """What became of a job."""

    id: str
    #: waiting, pending, delayed, done or dead; "lost" if its entry was deleted behind the queue's back.
    state: str
    #: None if the job's hash was deleted while it was on its way.
    tier: Tier | None = None
    #: The attempt that ended it; None until it is done.
    attempt: int | None = None
    result: Any = None
    #: The last failure, if any attempt failed; for a dead job also why it was given up.
    error: str | None = None
    reason: str | None = None
    worker: str | None = None


class TierCounts(msgspec.Struct, frozen=True):
    """One tier at one instant. Its depth, what admission would have to bound, is the sum of the three counts."""

    waiting: int
    pending: int
    delayed: int
    #: Seconds the oldest waiting job has waited; None if none waits.
    oldest: float | None


class Snapshot(msgspec.Struct, frozen=True):
    """The queue at one instant, read by one script: accepted = waiting + pending + delayed + done + dead, always."""

    tiers: dict[Tier, TierCounts]
    dead: int
    accepted: int
    done: int
    #: Attempts that failed and were given another, and attempts that lost their lease.
    retried: int
    reaped: int

    def total(self, place: str) -> int:
        """Jobs in `place` (waiting, pending or delayed) over all tiers."""
        return sum(getattr(counts, place) for counts in self.tiers.values())

    @property
    def unsettled(self) -> int:
        """Jobs accepted that are neither done nor dead: the depth of all tiers."""
        return sum(self.total(place) for place in ("waiting", "pending", "delayed"))


def new_job_id() -> str:
    """96 random bits: no two producers will ever meet, and an id is stored twice for each job, so it is short."""
    return secrets.token_hex(12)


class Queue:
    """A queue on the server at `url`. Use it as `async with Queue(url) as queue:`, or `await queue.open()` … `close()`.

    Args:
        url (str): redis://, rediss:// or unix://.
        name (str): several queues may share a server; each is known by its name.
        result_ttl (float): seconds a done job's status and result are kept.
        max_bytes (int): the largest encoded job that is accepted.
        clock, new_id, connect: the wall clock in seconds, the id maker and the maker of clients.
    """

    def __init__(
        self,
        url: str,
        name: str = "jobs",
        *,
        result_ttl: float = 3600.0,
        max_bytes: int = 262_144,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_job_id,
        connect: Callable[[str], Redis] = connect,
    ):
        if not is_seconds(result_ttl):
            raise BadSetting(f"result_ttl must be a positive number of seconds, not {result_ttl!r}")
        self.url, self.keys, self.connect = url, Keys(name), connect
        self.result_ttl, self.max_bytes, self.clock, self.new_id = result_ttl, max_bytes, clock, new_id
        self.redis = connect(url)
        self.transitions = Transitions(self.redis, self.keys)

    async def open(self) -> "Queue":
        """Check the server's version and create what the queue needs there. Raises ServerTooOld, ConnectionError."""
        require_version(await self.redis.info("server"))
        await create_groups(self.redis, self.keys)
        return self

    async def close(self) -> None:
        """Close the connections. Nothing in Redis changes: the queue is there, not here."""
        await self.redis.aclose()

    async def __aenter__(self) -> "Queue":
        try:
            return await self.open()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(self, *exc) -> None:
        await self.close()

    async def enqueue(
        self,
        task: str,
        payload: Any = None,
        *,
        priority: Tier = "normal",
        job_id: str | None = None,
        max_attempts: int = 3,
        timeout: float = 60.0,
    ) -> str:
        """Accept a job and return its id. At least once: it will run until it completes or is dead.

        Args:
            payload: plain JSON data, handed to the task's handler as `job.payload`.
            job_id: your own name for the job. A second call with the same id adds nothing, for as long as the job is
                known, so a producer that never heard the answer can safely ask again.
            max_attempts (int): attempts before it is dead.
            timeout (float): seconds one attempt may take.

        Raises BadJob or PayloadTooLarge with nothing written. On a ConnectionError the job may have been accepted or
        not; only the repeat with the same job_id is safe.
        """
        tier = check_tier(priority)
        if isinstance(max_attempts, bool) or not isinstance(max_attempts, int) or not 1 <= max_attempts <= 1000:
            raise BadJob(f"max_attempts must be a whole number from 1 to 1000, not {max_attempts!r}")
        if job_id is not None and not _is_job_id(job_id):
            raise BadJob(f"job_id must be a text of 1 to 200 characters, not {job_id!r}")
        body = encode_body(task, payload, timeout, self.clock(), self.max_bytes)
        job_id = job_id or self.new_id()
        await self.transitions.enqueue(job_id, tier, max_attempts, body)
        return job_id

    async def job(self, job_id: str) -> JobStatus | None:
        """What became of a job; None if it is unknown, or was done longer ago than `result_ttl`."""
        place, flat = await self.transitions.run("status", [self.keys.job(job_id)], [self.keys.prefix])
        if not place:
            return None
        seen = {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
        text = {name: seen[name].decode(errors="replace") for name in ("error", "reason", "worker") if name in seen}
        return JobStatus(
            id=job_id,
            state=place.decode(),
            tier=seen["tier"].decode() if "tier" in seen else None,
            attempt=int(seen["attempt"]) if "attempt" in seen else None,
            result=msgspec.json.decode(seen["result"]) if "result" in seen else None,
            **text,
        )

    async def snapshot(self) -> Snapshot:
        """The whole queue at one instant, in one call, whatever its length."""
        keys = [self.keys.dead, self.keys.totals]
        for tier in TIERS:
            keys += [self.keys.stream(tier), self.keys.delayed(tier)]
        dead, flat, tiers = await self.transitions.run("snapshot", keys, [])
        totals = {name.decode(): int(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}
        counts = {
            tier: TierCounts(waiting, pending, delayed, age / 1000 if age >= 0 else None)
            for tier, (waiting, pending, delayed, age) in zip(TIERS, tiers, strict=True)
        }
        return Snapshot(counts, dead, *(totals.get(name, 0) for name in ("accepted", "done", "retried", "reaped")))

    async def lease(self) -> float:
        """Seconds a pending entry may stay without a heartbeat before it is reaped."""
        return await read_lease(self.redis, self.keys)

    async def set_lease(self, seconds: float) -> None:
        """Set the lease, for every worker and reaper at once. Raises BadSetting below 0.5 s.

        It is kept in Redis and in no worker's options: one worker that believed in a shorter lease than the others
        would reap them all.
        """
        if not is_seconds(seconds, least=0.5):
            raise BadSetting(f"the lease must be at least 0.5 seconds, not {seconds!r}")
        await self.redis.hset(self.keys.settings, "lease_ms", round(seconds * 1000))


def _is_job_id(job_id: Any) -> bool:
    # A lone surrogate, as in the name of a file that is not UTF-8, would fail where the id is sent.
    return isinstance(job_id, str) and 1 <= len(job_id) <= 200 and job_id.encode(errors="ignore").decode() == job_id


async def read_lease(redis: Redis, keys: Keys) -> float:
    """The lease in seconds, as this queue's settings have it now."""
    lease_ms = await redis.hget(keys.settings, "lease_ms")
    return int(lease_ms) / 1000 if lease_ms else DEFAULT_LEASE


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
