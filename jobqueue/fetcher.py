"""Fetch: the one transition that is no script, because XREADGROUP already is one step."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from jobqueue.job import Job, Malformed, decode_ticket
from jobqueue.keys import GROUP, KNOWS, TIERS, Tier, create_groups
from jobqueue.policies import Chooser
from jobqueue.printable import log
from jobqueue.scripts import LOST, Heads
from jobqueue.server.refusals import Refusals, unless_refused

if TYPE_CHECKING:  # it imports this module
    from jobqueue.worker import Worker

#: Seconds that a suspect waits if no more suspects may run here. The second one waits twice as long, and so on.
QUARANTINE_SECONDS = 0.2

#: The most jobs of one fetch, which isn't more than half of a worker's slots either. So while one half runs here, Redis
#: settles the other half and brings the next one.
AT_ONCE = 50

#: A delivered entry: its tier, its id and its fields.
Delivered = tuple[Tier, bytes, dict[bytes, bytes] | None]


class Fetcher:
    """Fetches jobs for `worker`, from the tier that its policy picks, or that of the queue while one is set there."""

    def __init__(self, worker: "Worker"):
        self.worker, self.keys, self.redis = worker, worker.queue.keys, worker.redis
        self._chooser, self._refusals = Chooser(worker.policy, worker.policies, worker.rng), Refusals()
        self._tiers = {self.keys.stream(tier).encode(): tier for tier in TIERS}
        self._usable: list[Tier] = list(TIERS)
        #: Whether entries may be pending under our name that we never saw, or the groups may be gone.
        self.suspect = True
        # A blocking read has a connection to itself, so nothing waits behind it, and CLIENT UNBLOCK finds it.
        self._ear = worker.queue.connect(worker.queue.url).client()
        self._ear_id: int | None = None
        self._blocked = False
        self._inherited: set[tuple[Tier, str]] | None = None

    async def prepare(self) -> None:
        """Look after what a lost connection may have left behind. Does nothing while all is well."""
        if not self.suspect and len(self._usable) == len(TIERS):
            return
        # By the queue's own client: in another loop than its own it refuses, before anything is fetched.
        before, self._usable = self._usable, await create_groups(self.worker.queue.redis, self.keys)
        for tier in TIERS:
            if tier in before and tier not in self._usable:
                log.error("%s is not a stream: %s jobs stand still until it is deleted", self.keys.stream(tier), tier)
            elif tier in self._usable and tier not in before:
                log.warning("%s is a stream again", self.keys.stream(tier))
        if self.suspect:
            await self.hand_back_unseen()
            # None if it's refused to this user, or unknown to this server: see unblock.
            self._ear_id = await unless_refused(self._ear.client_id())
            for name in self.worker.policies:
                with contextlib.suppress(ResponseError):  # it only helps to tell a misspelt name
                    await self.redis.hset(self.keys.settings, KNOWS + name, "1")
            self.suspect = False

    async def hand_back_unseen(self) -> None:
        """Hand back what's pending under our name but not held: it was delivered in replies that never arrived."""
        pending = []
        for tier in self._usable:
            rows: Any = await self.redis.xpending_range(self.keys.stream(tier), GROUP, "-", "+", 1000, self.worker.name)
            pending += [(tier, row["message_id"].decode()) for row in rows]
        # F12: leave to the reaper what was pending before our first fetch. Another worker of this name started it.
        # It may be alive. Or the job has killed it, and then that costs a lease.
        if self._inherited is None:
            self._inherited = set(pending)
        for address in pending:
            # F68: hand back the rest: a delivery is a write, and no worker knows of this one.
            if address not in self.worker.runner.held and address not in self._inherited:
                await self._release(*address)

    async def fetch(self, free: int, seconds: float) -> list[Job]:
        """Return at most `free` jobs to start. If none is there, wait up to `seconds` for the first to come."""
        policy, ages = self.worker.heads = self.worker.heads or await self.worker.transitions.heads()
        if ages:
            # F18: never take more than we have slots for: what waits in here loses its lease.
            # F19: one tier per read, because COUNT is per stream: a read over three may bring three times as many.
            tier = next(iter(ages)) if len(ages) == 1 else self._chooser.pick(policy, ages)
            delivered = await self._read(self.redis, [tier], count=min(free, -(-self.worker.concurrency // 2), AT_ONCE))
            self.worker.heads = self.worker.heads if delivered else None  # none are left in that tier
            return await self._sort(delivered, free)
        # Even with COUNT 1, a read over all tiers may bring three.
        return await self._sort(await self._wait(seconds), free)

    async def _wait(self, seconds: float) -> list[Delivered]:
        if self.worker.draining.is_set():
            return []
        self._blocked = True
        try:
            # F49: wait on all tiers at once. Work in one must not wait until we're done waiting on another.
            delivered = await self._read(self._ear, self._usable, count=1, block=max(1, round(seconds * 1000)))
        finally:
            self._blocked, self.worker.heads = False, None  # heads that came meanwhile may be as old as this read
        self.worker.heads = None if delivered else Heads(None, {})  # if there's nothing to pick from, it waits again
        return delivered

    async def unblock(self, redis: Redis) -> None:
        """End a blocked read, through another client. None begins once its worker drains."""
        # F68: never cancel a read: Redis may just have delivered, and we'd drop the reply. Repeat until it has ended,
        # because the first time may come just before it blocks. If that's refused, it ends after BLOCK_SECONDS.
        if self._blocked and self._ear_id:
            await unless_refused(redis.client_unblock(self._ear_id))

    async def leave(self) -> None:
        """Hand back what never arrived, and have Redis forget our name."""
        try:
            async with asyncio.timeout(self.worker.patience):
                await self.hand_back_unseen()
                await self.worker.transitions.forget(self.worker.name)  # F11: Redis never forgets a name by itself
        except (RedisError, TimeoutError) as error:  # reapers will take what we hold, and delete our name
            log.warning("could not deregister from Redis, whose reapers take what is left: %s", error or "no answer")
        finally:
            await self._ear.aclose(close_connection_pool=True)

    async def _read(self, redis: Redis, tiers: Iterable[Tier], **options: Any) -> list[Delivered]:
        # F06: only `>` brings new entries; any other id reads our own pending list again.
        # F42: by a group, and with no NOACK: an entry stays pending until it's settled, so a lost reply loses no job.
        streams: dict[Any, Any] = {self.keys.stream(tier): ">" for tier in tiers}
        reply: Any = await redis.xreadgroup(GROUP, self.worker.name, streams, **options)
        return [(self._tiers[stream], entry, fields) for stream, entries in reply for entry, fields in entries]

    async def _sort(self, delivered: list[Delivered], free: int) -> list[Job]:
        """Return the jobs to start, and hand back or bury the others: first, because a job that starts may kill us."""
        worker, put_off = self.worker, 0
        jobs: list[Job] = []
        running = [held.job for held in worker.runner.held.values()]
        for tier, entry, fields in delivered:
            try:
                job = decode_ticket(tier, entry, fields)
            except Malformed as error:  # F07: one bad entry must not stop the loop, or kill the next worker
                await self._bury(tier, entry, "", "malformed", str(error))
                continue
            if job.task not in worker.handlers:
                why = f"no handler named {job.task!r} here, only {', '.join(sorted(worker.handlers))}"
                await self._bury(tier, entry, job.id, "unknown task", why)
            elif len(jobs) == free or worker.draining.is_set():
                await self._release(tier, entry)
            elif job.reaped and not worker.runner.suspects.have_room(job, [*running, *jobs]):
                put_off += 1  # F22: suspects take turns; the n-th has no chance here before the n - 1 before it
                await self._release(tier, entry, round(QUARANTINE_SECONDS * 1000) * put_off)
            else:
                jobs.append(job)
        return jobs

    async def _bury(self, tier: Tier, entry: bytes, job_id: str, reason: str, why: str) -> None:
        named = f"job {job_id}" if job_id else f"the {reason} entry {entry.decode()}"
        burying = self.worker.transitions.bury(self.worker.name, tier, entry, job_id, reason, why, "")
        reply = await self._refusals.tolerate(f"could not bury {named}, so its lease will run out", burying)
        if reply == LOST:
            log.warning("did not bury %s, because it is no longer ours: %s", named, why)
        elif reply is not None:
            log.error("buried %s: %s", named, why)

    async def _release(self, tier: Tier, entry: str | bytes, delay_ms: int = 0) -> None:
        words = f"could not hand back an entry of {tier}, so its lease will run out"
        await self._refusals.tolerate(words, self.worker.transitions.release(self.worker.name, tier, entry, delay_ms))
