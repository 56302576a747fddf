"""Run a worker as several processes, because one Python process keeps no more than one core busy.

The supervisor imports no handlers and takes no jobs. Each process is this same command with `--processes 1` added, on
a leash: it ends when the supervisor does, even if that dies by kill -9. A process that ends is started again.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from jobqueue.cli.stop import HURRIED
from jobqueue.server.leash import Leashed

log = logging.getLogger("jobqueue")

#: Seconds before a process that has ended is started again: twice as many each time, at most LONGEST. A process that
#: lived for STEADY seconds waits for FIRST again.
FIRST, LONGEST, STEADY = 0.5, 30.0, 60.0

#: A worker's exit codes, the worst one last.
CODES = (0, HURRIED, 1, 2)


class ProcessGroup:
    """Keeps `count` processes of this command running, until a signal drains them all."""

    def __init__(self, count: int, name: str | None, metrics: tuple[str, int] | None):
        self.count, self.name, self.metrics = count, name, metrics
        self._children: dict[int, Leashed] = {}
        self._last: dict[int, int] = {}  # the code with which each process has ended for good
        self._draining = asyncio.Event()
        self._threads = ThreadPoolExecutor(count)  # each waits for a process

    async def run(self) -> int:
        """Run until all processes have ended for good. Returns the worst of their exit codes."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._pass_on)
        try:
            came_up = await self._start_first()
            others = range(2, self.count + 1) if came_up else ()
            await asyncio.gather(*(self._keep(number, again=came_up) for number in (1, *others)))
        finally:
            for child in self._children.values():  # none is left, unless we fail
                child.kill()
        return worst(self._last.values())

    async def _start_first(self) -> bool:
        """Start one process, and return whether it can take jobs. If it can't, none can, and its message is enough."""
        ready, end = os.pipe()
        self._start(1, "--ready-fd", str(end), pass_fds=[end])
        os.close(end)
        try:  # it writes a byte, or its death closes the other end
            return bool(await asyncio.get_running_loop().run_in_executor(self._threads, os.read, ready, 1))
        finally:
            os.close(ready)

    async def _keep(self, number: int, again: bool) -> None:
        """Keep process `number` running, or only wait for its end."""
        pause = FIRST
        while not self._draining.is_set() or number in self._children:
            child, began = self._children.get(number) or self._start(number), time.monotonic()
            code = await asyncio.get_running_loop().run_in_executor(self._threads, child.wait)
            del self._children[number]
            if self._draining.is_set() or not again:
                self._last[number] = code
                return
            pause = FIRST if time.monotonic() - began > STEADY else pause
            ended = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            log.warning("process %d (pid %d) %s; starting it again in %g s", number, child.pid, ended, pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._draining.wait()
            pause = min(2 * pause, LONGEST)

    def _start(self, number: int, *words: str, pass_fds: Iterable[int] = ()) -> Leashed:
        words = ("--processes", "1", *words)
        if self.name is not None:  # each consumer has a name of its own
            words += ("--name", f"{self.name}-{number}")
        if self.metrics:  # and a port of its own: the first one has the port that was given
            host, port = self.metrics
            words += ("--metrics", f"{host}:{port and port + number - 1}")
        command = [sys.executable, *sys.orig_argv[1:]]
        at = command.index("--") if "--" in command else len(command)
        command[at:at] = words  # the last one counts
        child = self._children[number] = Leashed(command, pass_fds=pass_fds)
        log.info("started process %d of %d (pid %d)", number, self.count, child.pid)
        return child

    def _pass_on(self) -> None:
        # The processes drain at the first signal, and hand back at the second. They're in sessions of their own,
        # so a terminal's Ctrl-C reaches only us.
        self._draining.set()
        for child in self._children.values():
            child.terminate()


def worst(codes: Iterable[int]) -> int:
    """The worst of these exit codes. A process that SIGTERM killed hadn't begun to work, so that's a clean end."""
    known = {0 if code == -signal.SIGTERM else code if code in CODES else 1 for code in codes}
    return max(known, key=CODES.index, default=0)
