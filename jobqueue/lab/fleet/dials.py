"""Orders for a worker at work: be slow, or hoard. They change its handlers, and not the Worker itself."""

import asyncio
import inspect
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

from jobqueue.handler import Handler, is_async
from jobqueue.job import Job

log = logging.getLogger("jobqueue.lab")

#: Seconds within which a worker in the middle of a job learns that it may be quick again.
SLICE = 0.1


class Turns:
    """At most `free` turns at once, in the order they were asked for, by coroutines and threads alike.

    asyncio's semaphores don't work for threads, and threading's don't for coroutines.
    """

    def __init__(self, free: int):
        self._free, self._lock = free, threading.Lock()
        self._waiting: deque[Future[None]] = deque()

    def ask(self) -> "Future[None]":
        """Return a future that's done when it's the asker's turn. `give_back` ends the turn."""
        turn: Future[None] = Future()
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
                if turn.set_running_or_notify_cancel():  # False if the asker was cancelled meanwhile
                    turn.set_result(None)
                    return
            self._free += 1

    async def __aenter__(self) -> None:
        turn = self.ask()
        try:
            await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancel():  # its turn came just then
                self.give_back()
            raise

    async def __aexit__(self, *exc: object) -> None:
        self.give_back()

    def __enter__(self) -> None:
        self.ask().result()

    def __exit__(self, *exc: object) -> None:
        self.give_back()


class Dials:
    """Makes handlers obey: each takes `slow` times as long, and at most `at_once` run, however many the worker holds.

    `holds(job)` says whether the worker still holds it. A thread that waited too long for its turn must not begin.
    """

    def __init__(self, at_once: int, name: str, holds: Callable[[Job], bool]):
        self.slow, self.name, self.holds = 1.0, name, holds
        self._turns = Turns(at_once)

    def around(self, handler: Handler) -> Handler:
        """Return a handler that does the same, and obeys."""

        async def run_in_loop(job: Job) -> Any:
            async with self._turns:
                self._say_started(job)
                return await self._at_my_pace(handler(job))

        def run_in_thread(job: Job) -> Any:
            with self._turns:
                if not self.holds(job):
                    return None  # its result wouldn't count
                self._say_started(job)
                began = time.monotonic()
                try:
                    result = handler(job)
                finally:
                    self._linger(began)
            return self._at_my_pace(result) if inspect.isawaitable(result) else result

        return run_in_loop if is_async(handler) else run_in_thread

    async def _at_my_pace(self, work: Awaitable[Any]) -> Any:
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
