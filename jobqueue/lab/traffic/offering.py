"""Offering jobs to a queue, and counting its answers: the part that open and closed loops share."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypedDict

from redis.exceptions import RedisError

from jobqueue.job import NewJob
from jobqueue.queue import Queue


class LoadOptions(TypedDict, total=False):
    """Options of a Load."""

    on_refused: Callable[[int], object]
    on_stop: Callable[[], object]


class Load:
    """Jobs like `job`, offered to `queue` until `stop`. It goes on whatever the server does.

    It calls `on_refused` with the number of refused jobs, and `on_stop` when it's stopped.
    """

    def __init__(
        self,
        queue: Queue,
        job: NewJob,
        on_refused: Callable[[int], object] = lambda jobs: None,
        on_stop: Callable[[], object] = lambda: None,
    ):
        self.queue, self.job, self._on_refused, self._on_stop = queue, job, on_refused, on_stop
        self.accepted = 0
        #: Jobs that a full tier refused, or a server without memory. Nothing was written.
        self.refused = 0
        #: Jobs that may have been accepted or not, because the server was away or didn't answer.
        self.failed = 0
        self.running = True
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        counts = f"accepted {self.accepted}, refused {self.refused}, failed {self.failed}"
        return f"<{type(self).__name__} of {self.tier}: {state}, {counts}>"

    @property
    def tier(self) -> str:
        return self.job.priority

    def stop(self) -> None:
        """Offer no more jobs. The ones under way still get their answers, and are counted."""
        if self.running:
            self.running = False
            self._on_stop()

    async def close(self) -> None:
        """Stop, and don't wait for answers."""
        try:
            self.stop()
        finally:
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, role: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        self._tasks.add(task := asyncio.get_running_loop().create_task(role))
        task.add_done_callback(self._tasks.discard)
        return task

    async def _offer(self, jobs: int) -> Sequence[str | Exception]:
        """Offer that many jobs; returns the answers, or none if none came."""
        try:
            answers = await self.queue.enqueue_many([self.job] * jobs)
        except (RedisError, OSError):
            self.failed += jobs
            return []
        self.accepted += (accepted := sum(isinstance(answer, str) for answer in answers))
        if refused := jobs - accepted:
            self.refused += refused
            self._on_refused(refused)
        return answers
