"""What a producer touches: enqueue a job, ask what became of it, see the whole queue at one instant."""

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from jobqueue.backpressure import UNKNOWN_WAIT, DrainRate, Watermarks, watermarks
from jobqueue.connect import require_version
from jobqueue.dead import DeadLetters
from jobqueue.errors import BadJob, BadSetting, JobFailed, QueueFullError, ServerFull
from jobqueue.job import NewJob, is_seconds
from jobqueue.keys import TIERS, Keys, Tier
from jobqueue.masters import connector
from jobqueue.priority import named
from jobqueue.results import LOOK_AGAIN, Endings
from jobqueue.scripts import Transitions
from jobqueue.shared import create_groups, read_lease
from jobqueue.status import JobStatus, Snapshot, parse_snapshot, parse_status

log = logging.getLogger("jobqueue")


def new_job_id() -> str:
    """80 random bits: among a billion jobs two ids meet with odds of one in a million. An id is stored twice for each
    job, so it is short."""
    return secrets.token_hex(10)


class Queue:
    """A queue on the server at `url`. Use it as `async with Queue(url) as queue:`, or `await queue.open()` … `close()`.

    Args:
        url (str): redis://, rediss:// or unix://; several servers as masters.py has them.
        name (str): several queues may share a server; each is known by its name.
        result_ttl (float): seconds the status and result of a job are kept that this queue's workers complete.
        max_bytes (int): the largest encoded job that is accepted.
        capacity: for each tier that has one, the depth at which it is full, or (low, high): full at `high`, and open
            again at `low`. It bounds this producer's jobs; a retry or a replay is never refused.
        clock, new_id, connect: the wall clock in seconds, the id maker and the maker of clients.
    """

    def __init__(
        self,
        url: str,
        name: str = "jobs",
        *,
        result_ttl: float = 3600.0,
        max_bytes: int = 262_144,
        capacity: dict[Tier, int | Watermarks] | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_job_id,
        connect: Callable[[str], Redis] | None = None,
    ):
        if not is_seconds(result_ttl):
            raise BadSetting(f"result_ttl must be a positive number of seconds, not {result_ttl!r}")
        self.url, self.keys, self.connect = url, Keys(name), connect or connector(url)
        self.result_ttl, self.max_bytes, self.clock, self.new_id = result_ttl, max_bytes, clock, new_id
        self.redis = self.connect(url)
        self.transitions = Transitions(self.redis, self.keys)
        self.dead = DeadLetters(self.transitions)
        self._watermarks, self._drain_rate = watermarks(capacity), DrainRate()
        self._endings = Endings(self.redis, self.keys)

    async def open(self) -> "Queue":
        """Check the server's version and create what the queue needs there. Raises ServerTooOld, ConnectionError."""
        require_version(await self.redis.info("server"))
        policy = (await self.redis.info("memory")).get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            log.warning("this Redis may evict a whole queue when memory is short: set maxmemory-policy noeviction")
        await create_groups(self.redis, self.keys)
        return self

    async def close(self) -> None:
        """Close the connections. Nothing in Redis changes: the queue is there, not here."""
        await self._endings.close()
        await self.redis.aclose()

    async def __aenter__(self) -> "Queue":
        try:
            return await self.open()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(self, *exc: object) -> None:
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
        delay: float = 0.0,
        wait: float = 0.0,
    ) -> str:
        """Accept a job and return its id. At least once: it will run until it completes or is dead.

        Args:
            payload: plain JSON data, handed to the task's handler as `job.payload`.
            job_id: your own name for the job. A second call with the same id adds nothing, for as long as the job is
                known, so a producer that never heard the answer can safely ask again.
            max_attempts (int): attempts before it is dead.
            timeout (float): seconds one attempt may take.
            delay (float): seconds before it may run.
            wait (float): seconds to go on trying while the tier is full.

        Raises BadJob or PayloadTooLarge, and QueueFullError, with nothing written. On a ConnectionError the job may
        have been accepted or not; only the repeat with the same job_id is safe.
        """
        job = NewJob(task, payload, priority, job_id, max_attempts, timeout, delay)
        deadline = time.monotonic() + wait
        while True:
            [answer] = await self.enqueue_many([job])
            if isinstance(answer, str):
                return answer
            left = deadline - time.monotonic()
            if not isinstance(answer, QueueFullError) or left <= 0:
                raise answer
            pause = (answer.retry_after or UNKNOWN_WAIT) * random.uniform(0.5, 1)  # not all waiters at once
            await asyncio.sleep(min(left, pause))

    async def enqueue_many(self, jobs: Iterable[NewJob]) -> list[str | BadJob | QueueFullError]:
        """Accept many jobs; returns an answer for each, in order: its id, or the error that `enqueue` would raise.

        A hundred share a script, and so one round trip; another producer's jobs may come in between the hundreds. On a
        ConnectionError some may have been accepted; only the repeat with job_ids is safe.
        """
        answers: list[str | BadJob | QueueFullError] = []
        jobs = list(jobs)
        for start in range(0, len(jobs), 100):
            answers += await self._enqueue(jobs[start : start + 100])
        return answers

    async def _enqueue(self, jobs: list[NewJob]) -> list[str | BadJob | QueueFullError]:
        answers: list[Any] = [None] * len(jobs)
        tickets, places = [], []
        for place, job in enumerate(jobs):
            try:
                tickets.append(
                    (*job.ticket(self.new_id, self.clock(), self.max_bytes), *self._watermarks[job.priority])
                )
                places.append(place)
            except BadJob as error:
                answers[place] = error
        if tickets:
            try:
                replies = await self.transitions.enqueue(tickets)
            except OutOfMemoryError as error:  # the script was refused as a whole, before it began
                refusal = ServerFull(f"the server is out of memory: {error}", retry_after=UNKNOWN_WAIT)
                replies = [refusal] * len(tickets)
            for place, ticket, reply in zip(places, tickets, replies, strict=True):
                answers[place] = self._answer(ticket, reply)
        return answers

    def _answer(self, ticket: tuple[Any, ...], reply: Any) -> str | QueueFullError:
        if isinstance(reply, list):
            return self._full(ticket, *reply)
        return ticket[1] if isinstance(reply, int) else reply

    def _full(self, ticket: tuple[Any, ...], depth: int, left: int, now_ms: int) -> QueueFullError:
        tier, (low, high) = ticket[0], self._watermarks[ticket[0]]
        wait = self._drain_rate.retry_after(tier, depth - low, left, now_ms)
        words = f"the tier {tier} is full: {depth} jobs, capacity {high}, open again at {low}; try in {wait:.1f} s"
        return QueueFullError(words, tier=tier, depth=depth, capacity=high, retry_after=wait)

    async def job(self, job_id: str) -> JobStatus | None:
        """What became of a job; None if it is unknown, or ended longer ago than `result_ttl`."""
        place, flat = await self.transitions.run("status", [self.keys.job(job_id)], [self.keys.prefix])
        return parse_status(job_id, place, flat)

    async def result(self, job_id: str, timeout: float | None = None) -> Any:
        """Wait for a job and return its result; woken when it ends, not asking again and again.

        Raises JobFailed if it is dead or cancelled, or unknown, TimeoutError after `timeout` seconds, and redis-py's
        ConnectionError if Redis is away just when it is asked; asking again does no harm.
        """
        async with asyncio.timeout(timeout), self._endings.watch(job_id) as ended:
            while not self._endings.closed:
                ended.clear()
                status = await self.job(job_id)
                if status is None:
                    raise JobFailed(f"job {job_id} is unknown, or ended longer ago than its result is kept")
                if status.state == "done":
                    return status.result
                if status.state in ("dead", "cancelled", "lost"):
                    raise JobFailed(
                        f"job {job_id} is {status.state}: {status.reason or ''} {status.error or ''}".rstrip(": ")
                    )
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN):
                        await ended.wait()
            raise JobFailed(f"the queue was closed while job {job_id} was waited for")

    async def cancel(self, job_id: str) -> bool:
        """Take back a job that does not run. False if it runs, has ended, or is unknown: nothing has changed then."""
        return await self.transitions.cancel(job_id, round(self.result_ttl * 1000))

    async def snapshot(self) -> Snapshot:
        """The whole queue at one instant, in one call, whatever its length."""
        keys = [self.keys.dead, self.keys.totals]
        for tier in TIERS:
            keys += [self.keys.stream(tier), self.keys.delayed(tier)]
        return parse_snapshot(*await self.transitions.run("snapshot", keys, []))

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

    async def policy(self) -> str | None:
        """The name of the policy all workers follow; None while each follows its own."""
        name: Any = await self.redis.hget(self.keys.settings, "policy")
        return name.decode(errors="replace") if name else None

    async def set_policy(self, name: str | None) -> None:
        """Have all workers follow the policy of this name (see priority.py) from their next fetch on; None: their own.

        A name that is not built in must be one that the workers were given: only they can say, and log it. Raises
        BadSetting for an empty one, and for a built-in one with the wrong numbers.
        """
        if name == "":
            raise BadSetting("a policy's name is not empty; None lets each worker follow its own")
        if name is None:
            await self.redis.hdel(self.keys.settings, "policy")
            return
        if name.partition(":")[0] in ("strict", "aging", "weighted"):
            named(name, random.Random(0))
        await self.redis.hset(self.keys.settings, "policy", name)

    async def record_events(self, on: bool = True) -> None:
        """Begin to write each transition to the stream `keys.events`, capped; or stop, and delete it."""
        if not on:
            await self.redis.delete(self.keys.events)
        elif not await self.redis.exists(self.keys.events):
            await self.redis.xadd(self.keys.events, {"event": "recording"})
