"""Traffic: jobs that are offered to a queue, by a schedule or by clients that wait for their answers.

An open loop offers its jobs whatever becomes of them, as a crowd does; before a queue that is too slow they pile up.
In a closed loop each of some clients waits for its result, and then thinks: slow answers make it slower, so that it
never shows what an overload does.
"""

import asyncio
import contextlib
import math
import time

from redis.exceptions import RedisError

from jobqueue.errors import JobFailed
from jobqueue.job import NewJob
from jobqueue.lab.arrivals import (
    Arrivals,
    Closed,
    bursty,
    check_clients,
    check_rate,
    closed,
    poisson,
    recorded,
    steady,
)
from jobqueue.lab.offer import Load
from jobqueue.queue import Queue

__all__ = ["ClosedLoad", "Load", "OpenLoad", "bursty", "closed", "poisson", "recorded", "steady"]

#: Seconds between two calls of an open loop: what falls due in between shares one. And how much later than it was due
#: a job may be offered without counting as late.
TICK, LATE = 0.02, 0.1

#: Jobs in one call: what one script takes.
AT_ONCE = 100

#: Seconds that a client who was refused, or met no server, leaves it alone, if nobody says for how long.
SHY = 0.2


class OpenLoad(Load):
    """Offers jobs as `arrivals` has it, at a `rate` a second that may be changed at any time, and to 0.

    Its clock ticks in expected jobs, not in seconds: at another rate it ticks faster or slower from that moment on.
    """

    def __init__(self, queue: Queue, job: NewJob, arrivals: Arrivals, **options):
        super().__init__(queue, job, **options)
        #: Offered so long after they were due that the schedule was not kept: the server, or this process, was busy.
        self.late = 0
        self._gaps, self._rate = arrivals.gaps, arrivals.rate
        self._ticks, self._since = 0.0, time.monotonic()
        self._next = next(self._gaps, math.inf)
        self._woken = asyncio.Event()
        self._begin(self._run())

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, late {self.late}, {self.rate:g} a second>"

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
        self.stop()  # a recorded one has come to its end

    def _due(self) -> int:
        """How many have arrived and not been offered: all, or as many as one call takes."""
        now, jobs = self._now(), 0
        while self._next <= now and jobs < AT_ONCE:
            self.late += now - self._next > LATE * self._rate
            self._next += next(self._gaps, math.inf)
            jobs += 1
        return jobs

    async def _sleep(self, seconds: float | None) -> None:
        """So long, or until something changes."""
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class ClosedLoad(Load):
    """So many clients, which may be changed at any time: each offers a job, waits for its result, and thinks."""

    def __init__(self, queue: Queue, job: NewJob, loop: Closed, **options):
        super().__init__(queue, job, **options)
        #: Results, and words that there will be none, that clients have waited for.
        self.answered = 0
        self._think = loop.think
        self._here: dict[int, asyncio.Task] = {}
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
        for task in self._here.values():  # they would wait for results that may never come
            task.cancel()

    async def _client(self, number: int) -> None:
        try:
            while self.running and number < self._clients:
                await asyncio.sleep(await self._ask())
        finally:
            del self._here[number]

    async def _ask(self) -> float:
        """Offer one job and wait for its result; returns the seconds to wait now."""
        answers = await self._offer(1)
        if not answers or not isinstance(answers[0], str):
            return getattr(answers[0], "retry_after", None) or SHY if answers else SHY
        try:
            await self.queue.result(answers[0])
        except JobFailed:
            pass  # an answer, too
        except (RedisError, OSError):
            return SHY
        self.answered += 1
        return self._think
