"""The producer's side: enqueue a job, ask what became of it, see the whole queue at one instant."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from jobqueue.admission import UNKNOWN_WAIT, DrainRate, Watermarks, server_full, watermarks
from jobqueue.dead import DeadLetters
from jobqueue.errors import BadJob, BadSetting, JobFailed, QueueFullError
from jobqueue.job import NewJob, is_seconds
from jobqueue.keys import TIERS, Keys, Tier, create_groups
from jobqueue.scripts import EACH_TIER, Transitions
from jobqueue.server.masters import connector
from jobqueue.server.subscription import Subscription
from jobqueue.server.version import check_server
from jobqueue.settings import Settings
from jobqueue.status import ENDED, JobStatus, Snapshot, parse_snapshot, parse_status

#: Of an enqueue: the job's id, or the error that says why it wasn't accepted.
Answer = str | BadJob | QueueFullError | ResponseError


class Queue(Settings):
    """A queue on the server at `url`. Use it as `async with Queue(url) as queue:`, or `await queue.open()` … `close()`.

    Args:
        url (str): redis://, rediss:// or unix://; several servers as server/masters.py has them.
        name (str): several queues may share a server, each with a name of its own.
        result_ttl (float): seconds that the status and result of a job are kept after this queue's workers complete it.
        max_bytes (int): the largest encoded job that is accepted.
        capacity: for each tier that has one, the depth at which it is full, or (low, high): full at `high`, and open
            again at `low`. It bounds this producer's jobs; a retry or a replay is never refused.
        connect: makes clients; by default one that reconnects, but sends nothing twice (server/connect.py).
    """

    def __init__(
        self,
        url: str,
        name: str = "jobs",
        *,
        result_ttl: float = 3600.0,
        max_bytes: int = 262_144,  # F09: there's a limit unless you raise it
        capacity: dict[Tier, int | Watermarks] | None = None,
        connect: Callable[[str], Redis] | None = None,
    ):
        if not is_seconds(result_ttl):
            raise BadSetting(f"result_ttl must be a positive number of seconds, not {result_ttl!r}")
        self.url, self.keys, self.connect = url, Keys(name), connect or connector(url)
        self.result_ttl, self.max_bytes = result_ttl, max_bytes
        self.redis = self.connect(url)
        self.transitions = Transitions(self.redis, self.keys)
        self.dead = DeadLetters(self.transitions)
        #: The bounds of each tier, as (low, high); (0, 0) is no bound. `limit` changes them.
        self.watermarks: dict[Tier, Watermarks] = {tier: watermarks(tier, None) for tier in TIERS}
        for tier, bound in (capacity or {}).items():
            self.limit(tier, bound)
        self._drain_rate = DrainRate()
        self._endings = Subscription(self.redis, self.keys.ended)

    async def open(self) -> "Queue":
        """Check the server's version and create what the queue needs there.

        Raises ServerTooOld, ServerFull, ConnectionError, or redis-py's ReadOnlyError.
        """
        await check_server(self.redis)
        try:
            await create_groups(self.redis, self.keys)
        except OutOfMemoryError as error:
            raise server_full(error) from None
        return self

    async def close(self) -> None:
        """Close the connections. Nothing in Redis changes, because the queue is there and not here."""
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

    def limit(self, tier: Tier, capacity: int | Watermarks | None) -> None:
        """Bound this producer's jobs in a tier from now on, as `capacity` does; None removes the bound."""
        self.watermarks[tier] = watermarks(tier, capacity)

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
        """Accept a job and return its id. It runs at least once: until it completes or is dead.

        Args:
            payload: plain JSON data, handed to the task's handler as `job.payload`.
            job_id: your own name for the job. While it's known, a second call with it adds nothing, so a producer that
                never heard the answer can safely ask again.
            max_attempts (int): attempts that may fail before it's dead. Lost leases say little about the job, so their
                budget is larger: 1 + 4 × (max_attempts - 1), here 9.
            timeout, delay, wait (float): seconds that one attempt may take, that pass before it may run, and to go on
                trying while the tier is full.

        Raises BadJob, PayloadTooLarge or QueueFullError, with nothing written. On a ConnectionError it may have been
        accepted, so only a repeat with the same job_id is safe.
        """
        job = NewJob(task, payload, priority, job_id, max_attempts, timeout, delay)
        return await self._insist(job, deadline=time.monotonic() + wait)

    async def _insist(self, job: NewJob, deadline: float) -> str:
        while True:
            [answer] = await self._enqueue([job])
            if isinstance(answer, str):
                return answer
            left = deadline - time.monotonic()
            if not isinstance(answer, QueueFullError) or left <= 0:
                raise answer
            # Not all waiters at once.
            await asyncio.sleep(min(left, (answer.retry_after or UNKNOWN_WAIT) * random.uniform(0.5, 1)))

    async def enqueue_many(self, jobs: Iterable[NewJob]) -> list[Answer]:
        """Accept many jobs; returns an answer for each, in order: its id, or the error that `enqueue` would raise.

        A hundred share a script, and so one round trip. Another producer's jobs may come between two hundreds. On a
        ConnectionError some may have been accepted, so only a repeat with job_ids is safe.
        """
        answers: list[Answer] = []
        jobs = list(jobs)
        for start in range(0, len(jobs), 100):  # F66: Redis serves no other client until a script ends
            answers += await self._enqueue(jobs[start : start + 100])
        return answers

    async def _enqueue(self, jobs: list[NewJob]) -> list[Answer]:
        answers: list[Any] = []
        for job in jobs:
            try:
                answers.append(ticket := job.ticket(self.max_bytes))
                ticket["low"], ticket["high"] = self.watermarks[job.priority]
            except BadJob as error:
                answers.append(error)
        tickets = [ticket for ticket in answers if isinstance(ticket, dict)]
        try:
            replies = await self.transitions.run("enqueue", tickets) if tickets else []
        except OutOfMemoryError as error:  # the script was refused as a whole, before it began
            replies = [server_full(error)] * len(tickets)
        given = map(self._answer, tickets, replies)
        return [next(given) if isinstance(answer, dict) else answer for answer in answers]

    def _answer(self, ticket: dict[str, Any], reply: Any) -> Answer:
        if isinstance(reply, list):
            return self._drain_rate.refuse(ticket, *reply)
        return ticket["id"] if isinstance(reply, int) else reply

    async def job(self, job_id: str) -> JobStatus | None:
        """The status of a job; None if it's unknown, or ended longer ago than `result_ttl`."""
        place, flat = await self.transitions.run("status", id=job_id)
        return parse_status(job_id, place, flat)

    async def result(self, job_id: str, timeout: float | None = None) -> Any:
        """Wait until a job ends and return its result. The scripts publish which jobs have ended.

        Raises JobFailed if it's dead, cancelled or unknown, or its result is broken, TimeoutError after `timeout`
        seconds, and redis-py's ConnectionError if Redis is away just when we ask, or the queue is closed. It's safe to
        ask again.
        """
        async with asyncio.timeout(timeout):
            status = await self._endings.watch(job_id, self.job, lambda status: not status or status.state in ENDED)
        if status is None:
            raise JobFailed(f"job {job_id} is unknown, or ended longer ago than its result is kept")
        return status.get_result()

    async def cancel(self, job_id: str) -> bool:
        """Take back a job that isn't running. False if it's running, has ended or is unknown; then nothing changes."""
        return await self.transitions.run("cancel", id=job_id, result_ttl_ms=round(self.result_ttl * 1000)) == 1

    async def snapshot(self) -> Snapshot:
        """The whole queue at one instant, in one call, whatever its length."""
        return parse_snapshot(*await self.transitions.run("snapshot", EACH_TIER))
