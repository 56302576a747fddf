"""Figures of one worker for Prometheus: how long its jobs waited and ran, and how its attempts ended.

Only the worker sees each of its runs, so these figures begin with its process, as `rate` and `histogram_quantile`
expect. What the queue as a whole knows is in metrics.py.
"""

import contextlib
import inspect
import logging
import time
from collections.abc import Awaitable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

from jobqueue.handler import Fate, Handler, is_async
from jobqueue.job import Job
from jobqueue.keys import TIERS

#: Seconds. The longest are those of a queue that can't keep up.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class WorkerMetrics(logging.Handler):
    """Measures the handlers of a worker of `queue`, and counts the ends of attempts, which are in its log.

    `ahead` says by how many seconds the server's clock is ahead of ours: that one says since when a job has waited.
    """

    def __init__(self, queue: str, ahead: float):
        super().__init__()
        self.registry, self._ahead, self._queue = CollectorRegistry(), ahead, queue
        ProcessCollector(registry=self.registry)
        wait, self._run = (
            Histogram(f"jobqueue_{name}_seconds", about, ["queue", label], buckets=BUCKETS, registry=self.registry)
            for name, label, about in (
                ("wait", "tier", "From when a job became waiting until its handler began"),
                ("run", "task", "From the beginning of a handler to its end, however it ended"),
            )
        )
        ends = Counter("jobqueue_attempts", "Attempts that ended", ["queue", "outcome"], registry=self.registry)
        self._wait = {tier: wait.labels(queue, tier) for tier in TIERS}
        self._ends = {str(fate): ends.labels(queue, fate) for fate in Fate if fate != Fate.TIMED_OUT}

    def emit(self, record: logging.LogRecord) -> None:
        if end := self._ends.get(getattr(record, "event", "")):
            end.inc()

    def measure(self, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        """These handlers, with a clock around each."""
        return {task: self._measure(task, handler) for task, handler in handlers.items()}

    def serve(self, host: str, port: int) -> int:
        """Answer at this address from now on, in a thread. Returns the port. Raises OSError."""
        server, _ = start_http_server(port, host, self.registry)
        return server.server_port

    def _measure(self, task: str, handler: Handler) -> Handler:
        run = self._run.labels(self._queue, task)

        async def timed(job: Job) -> Any:
            self._note_wait(job)
            with run.time():
                return await handler(job)

        def timed_in_thread(job: Job) -> Any:
            self._note_wait(job)
            with contextlib.ExitStack() as clock:
                clock.enter_context(run.time())
                returned = handler(job)
                # A plain function may be one around an async one. Then its clock runs on until that ends.
                return finish(returned, clock.pop_all()) if inspect.isawaitable(returned) else returned

        async def finish(returned: Awaitable[Any], clock: contextlib.ExitStack) -> Any:
            with clock:
                return await returned

        return timed if is_async(handler) else timed_in_thread

    def _note_wait(self, job: Job) -> None:
        became_waiting = int(job.entry.partition("-")[0]) / 1000  # by the server's clock: see append.lua
        self._wait[job.priority].observe(max(0, time.time() + self._ahead - became_waiting))
