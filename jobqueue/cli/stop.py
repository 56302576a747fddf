"""End a worker's process on SIGTERM or Ctrl-C, within a bound, whatever its handlers are doing.

The first signal drains. The second hands the jobs back at once. A watchdog ends the process when its time is up. It's
needed because asyncio.run waits for tasks that swallow their cancellation, Python waits for threads that hang, and a
loop that a handler blocks hears no signal at all.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from jobqueue.worker import Worker

log = logging.getLogger("jobqueue")

#: Seconds that a drain may take beyond its grace. Even with a server that hangs, a worker's own waits add up to less.
DRAIN_SECONDS = 40.0

#: Seconds that handing back may take, and seconds that Python has to end after the worker has ended.
HURRY_SECONDS, EXIT_SECONDS = 10.0, 2.0

STUCK = "ending by force: a handler blocks the loop, or Redis hangs; what is left is reaped"

#: The exit code after a second signal. A drain that took its time ends with 0.
HURRIED = 130


class Stop:
    """Stops `worker`, which runs in this loop, on a signal. `code` is the process's exit code."""

    def __init__(self, worker: Worker):
        self.worker, self.code = worker, 0
        self._loop = asyncio.get_running_loop()
        self._signals, self._end_at, self._ended = 0, float("inf"), False

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT, with signal.signal, because asyncio's own handlers wait for the loop."""
        # Two watchdogs, because the first one hangs if it writes to a stopped terminal. They start now, because Python
        # starts no thread while it ends.
        for seconds, words in ((0.0, True), (1.0, False)):
            threading.Thread(target=self._watch, args=[seconds, words], name="watchdog", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def end_soon(self) -> None:
        """Note that the worker has ended. Its process has EXIT_SECONDS left, and no signal changes the exit code."""
        self._ended = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self._end_at = time.monotonic() + EXIT_SECONDS

    def _hear(self, *_: Any) -> None:
        # F67: drain, instead of dying with jobs in hand. A signal handler may run between any two steps of the main
        # thread. So it takes no lock, logs nothing and starts no thread.
        self._signals += 1
        answer = {1: self._drain, 2: self._hand_back}.get(self._signals)
        if answer:
            seconds = self.worker.grace + DRAIN_SECONDS if self._signals == 1 else HURRY_SECONDS
            self._end_at = min(self._end_at, time.monotonic() + seconds)
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(answer)

    def _drain(self) -> None:
        count = self.worker.running
        jobs = f"{count} job{'' if count == 1 else 's'}"
        log.info("draining: %s running, at most %g s; Ctrl-C again to hand back at once", jobs, self.worker.grace)
        self.worker.drain()

    def _hand_back(self) -> None:
        log.info("handing back at once: %d running", self.worker.running)
        self.code = HURRIED
        self.worker.hand_back()

    def _watch(self, seconds: float, words: bool) -> None:
        """End the process `seconds` after its time is up."""
        while time.monotonic() < self._end_at + seconds:
            time.sleep(0.1)
        if words:
            _write_last_words("" if self._ended else STUCK)
        os._exit(self.code if self._ended else self.code or 1)


def _write_last_words(reason: str) -> None:
    """Write the reason, and flush both streams."""
    if reason:
        log.critical(reason)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # None, closed, or without a reader
            stream.flush()
