"""Figures of a queue for Prometheus.

They come from Redis. So all fronts of a queue give the same ones, and a front that starts again doesn't change them.
The one exception is `jobqueue_refused`: each front counts the jobs that it refused itself. What a worker knows of its
own jobs is in worker_metrics.py.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.exceptions import ResponseError

from jobqueue.front.letters import LetterCounts
from jobqueue.front.workers import count_workers
from jobqueue.keys import TIERS
from jobqueue.queue import Queue
from jobqueue.server.refusals import unless_refused
from jobqueue.status import Snapshot, to_number

PLACES = ("waiting", "pending", "delayed")

#: A tier's name, or this for a job that was refused because the server is out of memory.
NO_MEMORY = "out of memory"

#: For each counter its field in the queue's totals, and what it counts.
TOTALS = {
    "accepted": ("accepted", "Jobs accepted"),
    "done": ("done", "Jobs done"),
    "retried": ("retried", "Attempts that failed, and were given another"),
    "reaped": ("reaped", "Attempts that lost their lease: nothing was heard of their worker"),
    "released": ("released", "Attempts handed back by their worker"),
    "promoted": ("promoted", "Delayed jobs that became due"),
    "buried": ("dead", "Jobs given up, which became dead letters"),
    "replayed": ("replayed", "Dead letters that were given another life"),
    "discarded": ("discarded", "Dead letters thrown away"),
    "cancelled": ("cancelled", "Jobs cancelled before they ran"),
    "foreign": ("foreign", "Dead letters that weren't jobs of ours"),
}


class QueueMetrics:
    """Reads the figures of `queue`. `refused` has the jobs that this front refused, by tier."""

    def __init__(self, queue: Queue):
        self.queue, self._letters = queue, LetterCounts(queue)
        self.refused = Counter(dict.fromkeys((*TIERS, NO_MEMORY), 0))

    async def read(self) -> CollectorRegistry:
        """Ask Redis, once for each kind of figure."""
        now, letters = await self.queue.snapshot(), await self._letters.count()
        ever: Mapping[tuple[str, str], int] = {}
        with contextlib.suppress(ResponseError):  # it's the one that writes, and a replica, for example, refuses that
            ever = await self._letters.count_ever()
        # The snapshot has only some of the totals. They're read a moment later, so they may be ahead of it.
        totals: Any = await unless_refused(self.queue.redis.hgetall(self.queue.keys.totals)) or {}
        families = [*_gauges(now, letters, await count_workers(self.queue)), *_counters(totals, self.refused, ever)]
        registry = CollectorRegistry()
        registry.register(_Collected([_family(self.queue.keys.name, *each) for each in families]))
        return registry


class _Collected:
    def __init__(self, families: list[Metric]):
        self.families = families

    def collect(self) -> list[Metric]:
        return self.families


#: The class of a family, its name and help, the names of its labels but `queue`, and its values by tuples of those.
Family = tuple[type[Any], str, str, tuple[str, ...], Mapping[Any, float]]


def _family(queue: str, kind: type[Any], name: str, about: str, labels: tuple[str, ...], values: Any) -> Metric:
    family = kind(f"jobqueue_{name}", about, labels=("queue", *labels))
    for of, value in values.items():
        family.add_metric((queue, *of), value)
    return family


def _gauges(now: Snapshot, letters: Mapping[tuple[str, str], int], workers: int | None) -> Iterator[Family]:
    jobs = {(tier, place): getattr(counts, place) for tier, counts in now.tiers.items() for place in PLACES}
    yield GaugeMetricFamily, "jobs", "Jobs in a place now", ("tier", "place"), jobs
    oldest = {(tier,): counts.oldest or 0 for tier, counts in now.tiers.items()}
    yield GaugeMetricFamily, "oldest_wait_seconds", "Age of the oldest waiting job; 0 if none waits", ("tier",), oldest
    yield GaugeMetricFamily, "dead_letters", "Dead letters now, by why they were given up", ("tier", "reason"), letters
    if workers is not None:
        yield GaugeMetricFamily, "workers", "Workers that Redis has heard of within a lease", (), {(): workers}


def _counters(
    totals: Mapping[bytes, bytes], refused: Mapping[str, int], ever: Mapping[tuple[str, str], int]
) -> Iterator[Family]:
    yield CounterMetricFamily, "buried_by_reason", "Jobs given up, by why", ("tier", "reason"), ever
    of_this_front = {(tier,): count for tier, count in refused.items()}
    yield CounterMetricFamily, "refused", "Jobs that this front refused", ("tier",), of_this_front
    for name, (field, about) in TOTALS.items():
        yield CounterMetricFamily, name, about, (), {(): to_number(totals.get(field.encode())) or 0}
