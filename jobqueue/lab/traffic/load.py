"""Loads: jobs that are offered to a queue, by a schedule or by clients that wait for their results.

An open loop offers jobs at its own pace, as a crowd does. If the queue is too slow, they pile up. In a closed loop each
client waits for its result, and then thinks. Slow results make it slower, so it never shows what an overload does.
"""

import asyncio
import contextlib
import math
import time
from typing import Unpack

from redis.exceptions import RedisError

from jobqueue.errors import JobFailed
from jobqueue.job import NewJob
from jobqueue.lab.traffic.arrivals import (
    Arrivals,
    ClosedLoop,
    bursty,
    check_clients,
    check_rate,
    closed,
    poisson,
    recorded,
    steady,
)
from jobqueue.lab.traffic.offering import Load, LoadOptions
from jobqueue.queue import Queue

__all__ = ["ClosedLoad", "Load", "OpenLoad", "bursty", "closed", "poisson", "recorded", "steady"]

#: Seconds between two calls of an open loop: jobs that fall due in between share one. And how many seconds after it
#: was due a job may be offered without counting as late.
TICK, LATE = 0.02, 0.1

#: Jobs in one call: as many as one script takes.
AT_ONCE = 100

#: Seconds that a client waits after a refusal, or if no server was there, unless the refusal says for how long.
SHY = 0.2


class OpenLoad(Load):
    """Offers jobs by the schedule of `arrivals`, at a `rate` per second that you may change at any time, even to 0.

    Its clock ticks in expected jobs, not in seconds. So at another rate it ticks faster or slower from that moment on.
    """

    def __init__(self, queue: Queue, job: NewJob, arrivals: Arrivals, **options: Unpack[LoadOptions]):
        super().__init__(queue, job, **options)
        #: Jobs that were offered too long after they were due, because the server or this process was busy.
        self.late = 0
        self._gaps, self._rate = arrivals.gaps, arrivals.rate
        self._ticks, self._since = 0.0, time.monotonic()
        self._next = next(self._gaps, math.inf)
        self._woken = asyncio.Event()
        self._begin(self._run())

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, late {self.late}, {self.rate:g} per second>"

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        check_rate(rate)
        self._ticks, self._since = self._now(), time.monotonic()
        self._rate = rate
        self._woken.set()

    def stop(self) -> None:
        super().stop()
        self._woken.set()

    def _now(self) -> float:
        return self._ticks + (time.monotonic() - self._since) * self._rate

    async def _run(self) -> None:
        while self.running and self._next < math.inf:
            if due := self._due():
                await self._offer(due)
                await self._sleep(TICK)
            else:
                left = self._next - self._now()
                await self._sleep(left / self._rate if self._rate else None)
        self.stop()  # a recorded load has come to its end

    def _due(self) -> int:
        """How many jobs have arrived and not been offered yet; at most as many as one call takes."""
        now, jobs = self._now(), 0
        while self._next <= now and jobs < AT_ONCE:
            self.late += now - self._next > LATE * self._rate
            self._next += next(self._gaps, math.inf)
            jobs += 1
        return jobs

    async def _sleep(self, seconds: float | None) -> None:
        """Sleep that long, or until something changes."""
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class ClosedLoad(Load):
    """`clients` that each offer a job, wait for its result, and think. You may change their number at any time."""

    def __init__(self, queue: Queue, job: NewJob, loop: ClosedLoop, **options: Unpack[LoadOptions]):
        super().__init__(queue, job, **options)
        #: Results that clients have waited for, and failures.
        self.answered = 0
        self._think = loop.think
        self._here: dict[int, asyncio.Task[None]] = {}
        self.clients = loop.clients

    @property
    def clients(self) -> int:
        return self._clients

    @clients.setter
    def clients(self, clients: int) -> None:
        self._clients = check_clients(clients)
        for number in range(clients):
            if number not in self._here:
                self._here[number] = self._begin(self._client(number))

    def stop(self) -> None:
        super().stop()
        for task in self._here.values():  # or they'd wait for results that may never come
            task.cancel()

    async def _client(self, number: int) -> None:
        try:
            while self.running and number < self._clients:
                await asyncio.sleep(await self._ask())
        finally:
            del self._here[number]

    async def _ask(self) -> float:
        """Offer one job and wait for its result; returns the seconds until the next one."""
        answers = await self._offer(1)
        answer = answers[0] if answers else None
        if not isinstance(answer, str):
            return getattr(answer, "retry_after", None) or SHY
        try:
            await self.queue.result(answer)
        except JobFailed:
            pass  # that's an answer, too
        except (RedisError, OSError):
            return SHY
        self.answered += 1
        return self._think
