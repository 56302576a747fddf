"""A sale at a real queue: 60 tills send 150 jobs per second, and 100 per second can be done.

The queue is real, and its script decides about each job. Only the clock isn't: 20 seconds are cut into steps, so they
take one, and the same marks always have the same result. A refused till asks again after its `pause`.
"""

import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

import msgspec

from jobqueue.admission import SHORTEST_WAIT, Watermarks, watermarks
from jobqueue.errors import BadSetting, JobQueueError, QueueFullError
from jobqueue.job import NewJob, new_job_id
from jobqueue.lab.traffic.polite import Ask, Pause, check_pause
from jobqueue.queue import Queue

#: The tills, and the jobs per second that they send and that can be done.
TILLS, OFFERED, DONE = 60, 150, 100

#: The most tills that may ask within a tenth of a second.
MOST_AT_ONCE = 40

#: Steps per second, and the seconds of a sale.
STEPS, SECONDS = 20, 20


class PauseRaised(JobQueueError):
    """Raised if a learner's pause raises."""


class Tally(msgspec.Struct, frozen=True):
    """What a number of requests amounts to."""

    asked: int
    accepted: int
    #: How often a request was refused right after one that was accepted.
    closed: int
    #: The most requests within a tenth of a second.
    crowd: int
    #: In how many tenths of a second there were more than `MOST_AT_ONCE`.
    crowded: int
    early: int

    @property
    def row(self) -> dict[str, int]:
        """For a table."""
        return {
            "asked_times": self.asked,
            "accepted_jobs": self.accepted,
            "closed_times": self.closed,
            "crowded_tenths": self.crowded,
        }


class SaleReport(msgspec.Struct, frozen=True):
    """The result of a sale."""

    tally: Tally
    longest_wait_s: float
    idle_percent: float


def count(asks: Iterable[Ask], second: float = 1.0) -> Tally:
    """Count requests, in order. `second` is how long a second of the sale takes."""
    asks = list(asks)
    answers = [True, *(ask.accepted for ask in asks)]
    tenths = Counter(int(ask.t * 10 / second + 1e-6) for ask in asks)
    return Tally(
        asked=len(asks),
        accepted=sum(ask.accepted for ask in asks),
        closed=sum(before and not after for before, after in itertools.pairwise(answers)),
        crowd=max(tenths.values(), default=0),
        crowded=sum(requests > MOST_AT_ONCE for requests in tenths.values()),
        early=sum(ask.early for ask in asks),
    )


async def hold(url: str, marks: Watermarks, pause: Pause) -> SaleReport:
    """Hold a sale at a queue of its own, on the server at `url`. Raises BadSetting, PauseRaised."""
    async with Queue(url, f"sale-{new_job_id()}", capacity={"normal": watermarks("normal", marks)}) as queue:
        try:
            return await _Sale(queue, pause).run()
        finally:
            await queue.redis.delete(*[key async for key in queue.redis.scan_iter(queue.keys.prefix + "*", count=1000)])


class _Till(msgspec.Struct, order=True):
    """When a till asks next, and how long it was told to stay away."""

    at: float
    number: int
    not_before: float = 0.0


class _Sale:
    def __init__(self, queue: Queue, pause: Pause):
        self.queue, self.pause, self.rng = queue, pause, random.Random(0)
        self.tills = [_Till(number / OFFERED, number) for number in range(TILLS)]
        self.asks: list[Ask] = []
        self.line: deque[int] = deque()  # the steps in which the jobs in the queue arrived
        self.longest = self.idle = 0

    async def run(self) -> SaleReport:
        for step in range(SECONDS * STEPS):
            await self._offer(step)
            leaving = [self.line.popleft() for _ in range(min(len(self.line), DONE // STEPS))]
            self.longest = max([self.longest, *(step + 1 - arrived for arrived in leaving)])
            self.idle += DONE // STEPS - len(leaving) if step >= STEPS else 0  # not while the first jobs arrive
            stream = self.queue.keys.stream("normal")
            await self.queue.redis.xtrim(stream, maxlen=len(self.line), approximate=False)
        return SaleReport(count(self.asks), self.longest / STEPS, round(100 * self.idle / DONE / SECONDS, 1))

    async def _offer(self, step: int) -> None:
        """Have each till ask whose time has come."""
        later = (step + 1) / STEPS
        tills: list[_Till] = []
        while self.tills and self.tills[0].at < later - 1e-9:
            tills.append(heapq.heappop(self.tills))
        answers: Any = await self.queue.enqueue_many([NewJob("order")] * len(tills)) if tills else []
        for till, answer in zip(tills, answers, strict=True):
            accepted = isinstance(answer, str)
            self.asks.append(Ask(step / STEPS, accepted, early=till.at < till.not_before - 1e-9))
            if accepted:
                self.line.append(step)
                heapq.heappush(self.tills, _Till(till.at + TILLS / OFFERED, till.number))
            else:
                retry_after = self._estimate(answer)
                wait = self._wait(retry_after)
                heapq.heappush(self.tills, _Till(max(till.at + wait, later), till.number, till.at + retry_after))

    def _wait(self, retry_after: float) -> float:
        try:
            return check_pause(self.pause(retry_after, self.rng))
        except BadSetting:
            raise
        except Exception as error:
            raise PauseRaised(f"{type(error).__name__}: {error}") from error

    def _estimate(self, refusal: QueueFullError) -> float:
        """Seconds until there's room, as the kit tells them once it knows how many jobs are done per second."""
        low, _ = self.queue.watermarks["normal"]
        return max(SHORTEST_WAIT, (refusal.depth - low) / DONE)
