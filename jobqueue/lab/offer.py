"""Offering jobs to a queue, and counting what it answers: what open and closed loops have in common."""

import asyncio
from collections.abc import Callable

from redis.exceptions import RedisError

from jobqueue.job import NewJob
from jobqueue.queue import Queue


class Load:
    """Jobs like `job`, offered to `queue` until `stop`. Whatever its server does, it goes on.

    `on_refused` is told how many were refused, `on_stop` is called when it is stopped.
    """

    def __init__(
        self,
        queue: Queue,
        job: NewJob,
        on_refused: Callable[[int], None] = lambda jobs: None,
        on_stop: Callable[[], None] = lambda: None,
    ):
        self.queue, self.job, self._on_refused, self._on_stop = queue, job, on_refused, on_stop
        self.accepted = 0
        #: By a full tier, or by a server without memory: nothing was written.
        self.refused = 0
        #: The server was away, or did not answer: whether these were accepted is not known.
        self.failed = 0
        self.running = True
        self._tasks: set[asyncio.Task] = set()

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        counts = f"accepted {self.accepted}, refused {self.refused}, failed {self.failed}"
        return f"<{type(self).__name__} of {self.tier}: {state}, {counts}>"

    @property
    def tier(self) -> str:
        return self.job.priority

    def stop(self) -> None:
        """Offer no more. What is being offered still gets its answer, and is counted."""
        if self.running:
            self.running = False
            self._on_stop()

    async def close(self) -> None:
        """Stop, and wait for no answer."""
        self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, role) -> asyncio.Task:
        self._tasks.add(task := asyncio.get_running_loop().create_task(role))
        task.add_done_callback(self._tasks.discard)
        return task

    async def _offer(self, jobs: int) -> list[str | Exception]:
        """The answers to so many; none, if none came."""
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
