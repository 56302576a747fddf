"""Producers that take no for an answer: each stays away for as long as it was told, and then asks again."""

import asyncio
import inspect
import math
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Unpack

import msgspec

from jobqueue.errors import BadSetting, QueueFullError
from jobqueue.job import NewJob
from jobqueue.lab.traffic.arrivals import check_clients
from jobqueue.lab.traffic.offering import Load, LoadOptions
from jobqueue.queue import Queue

#: Given `retry_after` and a random source, the seconds until a refused producer asks again.
Pause = Callable[[float, random.Random], Any]

#: Seconds that a producer stays away if no server was there.
SHY = 0.2

#: Requests that are kept, so that a sale which goes on for hours doesn't fill the memory.
MOST_KEPT = 50_000


class Ask(msgspec.Struct, frozen=True):
    """One request of a producer. `early`: it came before the time that the producer was told."""

    t: float
    accepted: bool
    early: bool = False


class Polite(msgspec.Struct):
    """Producers that each offer a job every `every` seconds. A refused one asks again after its `pause`."""

    producers: int
    every: float
    pause: Pause


def obey(retry_after: float, rng: random.Random) -> float:
    """Come back exactly when you were told to."""
    return retry_after


def polite(producers: int, every: float, pause: Pause = obey) -> Polite:
    """Producers that each offer a job every `every` seconds, and slow down when they're refused."""
    if not isinstance(every, int | float) or not 0 < every < math.inf:
        raise BadSetting(f"every must be a number of seconds, not {every!r}")
    return Polite(check_clients(producers), every, pause)


def check_pause(seconds: Any) -> float:
    """Return `seconds`. Raises BadSetting unless they can be waited for."""
    if seconds is None:
        raise BadSetting("pause returned None: is a return missing?")
    if inspect.iscoroutine(seconds):
        seconds.close()
        raise BadSetting("pause is an async function, but there's nothing to wait for: begin it with def")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < math.inf:
        raise BadSetting(f"pause must return a number of seconds from 0 on, not {seconds!r}")
    return float(seconds)


class PoliteLoad(Load):
    """Producers as `crowd` describes them. `asks` has their latest requests."""

    def __init__(self, queue: Queue, job: NewJob, crowd: Polite, **options: Unpack[LoadOptions]):
        super().__init__(queue, job, **options)
        self.pause, self.every = crowd.pause, crowd.every
        self.asks: deque[Ask] = deque(maxlen=MOST_KEPT)
        self._rng = random.Random()
        for number in range(crowd.producers):
            self._begin(self._produce(crowd.every * number / crowd.producers))

    async def _produce(self, begin: float) -> None:
        await asyncio.sleep(begin)
        while self.running:
            await asyncio.sleep(await self._ask())

    async def _ask(self) -> float:
        """Offer one job; returns the seconds until the next one, or until the same one again."""
        answers = await self._offer(1)
        if not answers:
            return SHY
        refusal = answers[0] if isinstance(answers[0], QueueFullError) else None
        self.asks.append(Ask(time.monotonic(), refusal is None))
        if not refusal:
            return self.every
        try:
            return check_pause(self.pause(refusal.retry_after, self._rng))
        except Exception:  # the lesson's check says so, and the others must go on
            return refusal.retry_after
