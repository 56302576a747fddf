"""What a consumer touches: a worker fetches, runs, settles and drains. Its parts are fetcher, runner and heartbeat."""

import asyncio
import logging
import os
import random
import secrets
import socket
import time

from redis.exceptions import ResponseError

from jobqueue.connect import BLOCK_SECONDS
from jobqueue.errors import BadSetting
from jobqueue.fetcher import Delivered, Fetcher
from jobqueue.heartbeat import KeeperThread
from jobqueue.job import Job, Malformed, decode_ticket
from jobqueue.keys import Tier
from jobqueue.priority import Policy, strict
from jobqueue.queue import Queue
from jobqueue.runner import AWAY, LOST_LEASE, Handler, Runner
from jobqueue.shared import create_groups

log = logging.getLogger("jobqueue")

#: Seconds a job that may have killed a worker waits while another such job runs here.
QUARANTINE_SECONDS = 0.2

LONGEST_PAUSE = 2.0

#: Jobs started before the first of them may run: short ones are then settled by Redis while others are started here.
#: And the last one runs before the next fetch is prepared, or it would wait for that.
BREATH = 25


class Worker:
    """Runs the jobs of `queue` with `handlers`, a task's name each: `await Worker(queue, {"resize": resize}).run()`.

    A handler takes a Job and returns plain JSON data. Async ones share this loop; plain functions run in threads, and
    nothing can stop a thread. One that raises is tried again after a backoff. A job may run more than once: make its
    effect idempotent (by `job.id`), or guard it with its fencing token (`job.entry`).

    Args:
        concurrency (int): jobs held at once; more are never kept.
        name (str): the consumer's name, unique in the queue. By default host, pid and a nonce.
        policy: which tier to fetch from next (see priority.py), while the queue has none set.
        policies: functions that `Queue.set_policy` may name, beside those that are built in.
        grace (float): seconds that `drain` lets running jobs finish before it hands them back.
        reap (bool): whether to run a reaper too. Off only to show what happens without one.
        rng (random.Random): where the jitter of backoffs comes from.
    """

    #: Where the heartbeat runs. The explorer, which knows no threads, has it in a task.
    keeper_type = KeeperThread

    def __init__(
        self,
        queue: Queue,
        handlers: dict[str, Handler],
        *,
        concurrency: int = 16,
        name: str | None = None,
        policy: Policy = strict,
        policies: dict[str, Policy] | None = None,
        grace: float = 10.0,
        reap: bool = True,
        rng: random.Random | None = None,
    ):
        if not isinstance(concurrency, int) or not 1 <= concurrency <= 1000:
            raise BadSetting(f"concurrency must be from 1 to 1000, not {concurrency!r}")
        self.queue, self.handlers, self.concurrency, self.policy = queue, handlers, concurrency, policy
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.policies, self.grace, self.reap, self.rng = policies or {}, grace, reap, rng or random.Random()
        self._drain = asyncio.Event()
        self._until_idle = False

    async def run(self) -> None:
        """Work until `drain` is called. Outlives cut connections and restarts of Redis.

        Without its heartbeat it would only lose leases: should that fail, it drains, and raises what the failure was.
        """
        self._fetcher = Fetcher(self.queue, self.name, self.policy, self.policies, self.rng)
        self._runner = Runner(self.queue, self._fetcher.transitions, self.name, self.handlers, self.rng)
        loop = asyncio.get_running_loop()
        keeper = self.keeper_type(
            self.queue,
            self.name,
            self._runner.held,
            lambda job: loop.call_soon_threadsafe(self._lost, job),
            lambda: loop.call_soon_threadsafe(self.drain),
            self.reap,
        )
        keeper.start()
        try:
            async with asyncio.TaskGroup() as roles:  # were one of them to fail, the worker must not go on without it
                settler = roles.create_task(self._runner.settle_for_ever())
                unblocker = roles.create_task(self._unblock_on_drain())
                await self._fetch_until_drained()
                await self._runner.finish(self.grace)
                settler.cancel()
                unblocker.cancel()
        finally:
            try:
                await self._runner.abandon()
            finally:  # even if we are cancelled a second time: a heartbeat that stayed would renew for nobody
                await keeper.stop()
                await self._leave()
                self._drain.clear()  # it may run again
                self._until_idle = False
        if keeper.failure:
            raise keeper.failure

    async def run_until_idle(self) -> None:
        """Work until no job is waiting, pending or delayed, whoever holds it."""
        self._until_idle = True
        await self.run()

    def drain(self) -> None:
        """Stop fetching; let running jobs finish for `grace` seconds, hand the others back, and end `run`."""
        self._drain.set()

    async def _fetch_until_drained(self) -> None:
        suspect, since = True, None  # suspect: our PEL may hold entries that we never saw, or there may be no group
        while not self._drain.is_set():
            try:
                if suspect:
                    await create_groups(self.queue.redis, self.queue.keys)
                    await self._hand_back_unseen()
                    suspect = False
                await self._fetch_once()
                if since:
                    log.warning("Redis is back after %.1f s", time.monotonic() - since)
                    since = None
            except (*AWAY, ResponseError) as error:
                suspect = True
                if str(error).startswith(("NOGROUP", "UNBLOCKED")):
                    log.warning("the consumer group is gone (FLUSHALL? eviction? no persistence?): creating it again")
                    continue
                if not since:
                    since = time.monotonic()
                    log.warning("Redis is away, or refuses (%s); trying again until it is back", error)
                pause = min(LONGEST_PAUSE, 0.1 + (time.monotonic() - since) / 2)
                await self._wait_for(self._drain, self.rng.uniform(pause / 2, pause))

    async def _fetch_once(self) -> None:
        free = self.concurrency - len(self._runner.held)
        if free <= 0:
            self._runner.slot_freed.clear()
            await self._wait_for(self._runner.slot_freed, LONGEST_PAUSE)
            return
        await self._take(await self._fetcher.fetch(free, 0.05 if self._until_idle else BLOCK_SECONDS))
        if self._until_idle and not self._runner.held and not (await self.queue.snapshot()).unsettled:
            self.drain()

    async def _take(self, delivered: list[Delivered]) -> None:
        """Start what can be started; first of all hand back or bury what can not, for a job started may kill us."""
        jobs: list[Job] = []
        suspects = sum(held.job.reaped for held in self._runner.held.values())
        free = self.concurrency - len(self._runner.held)
        for tier, entry, fields in delivered:
            job = await self._admit(tier, entry, fields)
            if job and (len(jobs) == free or self._drain.is_set()):
                await self._fetcher.transitions.release(self.name, tier, entry)
            elif job and job.reaped and suspects:
                # Its last attempt lost its lease: it may have killed its worker, or only stood beside the one that did.
                # Two of those at once, and the innocent would share the killer's fate again.
                # One after the other: the n-th has no chance here before the n-1 before it.
                delay_ms = round(QUARANTINE_SECONDS * 1000) * suspects
                await self._fetcher.transitions.release(self.name, tier, entry, delay_ms)
                suspects += 1
            elif job:
                suspects += job.reaped
                jobs.append(job)
        for number, job in enumerate(jobs, 1):
            self._runner.start(job)
            if number % BREATH == 0 or number == len(jobs):
                await asyncio.sleep(0)

    async def _admit(self, tier: Tier, entry: bytes, fields: dict[bytes, bytes] | None) -> Job | None:
        """The job in an entry, or None, and it is dead: whatever is wrong with one entry must not stop the loop."""
        try:
            job = decode_ticket(tier, entry, fields)
        except Malformed as error:
            await self._fetcher.transitions.bury(self.name, tier, entry, "", "malformed", str(error), "")
            log.error("buried the malformed entry %s: %s", entry.decode(), error)
            return None
        if job.task not in self.handlers:
            why = f"no handler named {job.task!r} here, only {', '.join(sorted(self.handlers))}"
            await self._fetcher.transitions.bury(self.name, tier, entry, job.id, "unknown task", why, "")
            log.error("buried job %s: %s", job.id, why)
            return None
        return job

    async def _hand_back_unseen(self) -> None:
        for tier, entry in await self._fetcher.unseen(self._runner.held):
            await self._fetcher.transitions.release(self.name, tier, entry)

    def _lost(self, job: Job) -> None:
        if held := self._runner.held.get(job.address):
            self._runner.cancel(held, LOST_LEASE)

    async def _unblock_on_drain(self) -> None:
        await self._drain.wait()
        self._runner.slot_freed.set()
        await self._fetcher.unblock()

    async def _leave(self) -> None:
        try:
            await self._hand_back_unseen()
            await self._fetcher.transitions.forget(self.name)
        except (*AWAY, ResponseError) as error:  # what we still hold is reaped in time, and our name forgotten
            log.warning("left without a word: %s", error)
        await self._fetcher.close()

    @staticmethod
    async def _wait_for(event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
