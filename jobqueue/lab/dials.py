"""What a worker may be told while it works: to be slow, to hoard. The real Worker is not touched, its handlers are."""

import asyncio
import inspect
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from jobqueue.job import Job
from jobqueue.runner import Handler, is_async

log = logging.getLogger("jobqueue.lab")

#: A worker that is told to be quick again hears it within so many seconds, in the middle of a job.
SLICE = 0.1


class Turns:
    """At most `free` at once, in the order they asked, coroutines and threads alike: asyncio's semaphores know no
    threads, and threading's no coroutines."""

    def __init__(self, free: int):
        self._free, self._waiting, self._lock = free, deque(), threading.Lock()

    def ask(self) -> Future:
        """What is done when it is the asker's turn; `give_back` ends that."""
        turn = Future()
        with self._lock:
            if self._free:
                self._free -= 1
                turn.set_result(None)
            else:
                self._waiting.append(turn)
        return turn

    def give_back(self) -> None:
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():  # false: whoever asked was cancelled meanwhile
                    turn.set_result(None)
                    return
            self._free += 1

    async def __aenter__(self) -> None:
        turn = self.ask()
        try:
            await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancel():  # it came just then
                self.give_back()
            raise

    async def __aexit__(self, *exc) -> None:
        self.give_back()

    def __enter__(self) -> None:
        self.ask().result()

    def __exit__(self, *exc) -> None:
        self.give_back()


class Dials:
    """Makes handlers obey: each takes `slow` times as long, and at most `at_once` run, however many the worker holds.

    `holds(job)` tells whether the worker still does: a thread that waited for its turn in vain must not begin.
    """

    def __init__(self, at_once: int, name: str, holds: Callable[[Job], bool]):
        self.slow, self.name, self.holds = 1.0, name, holds
        self._turns = Turns(at_once)

    def around(self, handler: Handler) -> Handler:
        """The same handler, obeying."""
        if is_async(handler):

            async def obedient(job: Job):
                async with self._turns:
                    self._say_started(job)
                    return await self._at_my_pace(handler(job))
        else:

            def obedient(job: Job):
                with self._turns:
                    if not self.holds(job):
                        return None  # and nobody would hear of a result
                    self._say_started(job)
                    began = time.monotonic()
                    try:
                        result = handler(job)
                    finally:
                        self._linger(began)
                return self._at_my_pace(result) if inspect.isawaitable(result) else result

        return obedient

    async def _at_my_pace(self, work):
        began = time.monotonic()
        try:
            result = await work
        except Exception:
            await self._linger_async(began)
            raise
        await self._linger_async(began)
        return result

    def _left(self, began: float, took: float) -> float:
        return began + self.slow * took - time.monotonic()

    def _linger(self, began: float) -> None:
        took = time.monotonic() - began
        while (left := self._left(began, took)) > 0:
            time.sleep(min(left, SLICE))

    async def _linger_async(self, began: float) -> None:
        took = time.monotonic() - began
        while (left := self._left(began, took)) > 0:
            await asyncio.sleep(min(left, SLICE))

    def _say_started(self, job: Job) -> None:
        parts = {"event": "started", "job": job.id, "entry": job.entry, "attempt": job.attempt, "worker": self.name}
        log.info("started %s %s", job.task, job.id, extra=parts | {"task": job.task, "tier": job.priority})
