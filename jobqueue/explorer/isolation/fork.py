"""The answers to one session's requests, in a process that ends with it.

So nothing that a program does there reaches the next session.
"""

import os
import pickle
import select
import socket
import sys
import traceback
from collections.abc import Callable
from mmap import mmap
from os import _exit  # a program may replace it
from typing import Any, NoReturn

from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.part import Part
from jobqueue.explorer.engine.replay import Position
from jobqueue.explorer.engine.search import Search
from jobqueue.explorer.engine.simulation import Simulation
from jobqueue.explorer.fences.confine import MEMORY_MB, confine, lift_memory_limit, peak_memory
from jobqueue.explorer.fences.tampering import Originals
from jobqueue.explorer.fences.trespass import watch_for_trespass
from jobqueue.explorer.in_process import explore_here, explore_part_here, map_here, replay_here, report_here
from jobqueue.explorer.isolation.messages import END, STOP, Message, pack_message, progress_of, read_message
from jobqueue.explorer.isolation.watchdog import Watchdog
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.report.summary import Report

PROGRESS_EVERY = 0.1  # seconds

#: What it may be asked for, besides a replay. All of these tell how far they are.
SEARCHES: dict[str, Callable[..., Any]] = {
    "explore": explore_here,
    "map": map_here,
    "part": explore_part_here,
    "report": report_here,
}

#: The stage it's in, in the byte that it shares with the process that waits for it.
AT_WORK, TALKING, ANSWERED, SPENT = range(4)


class Fork:
    """A process that was just forked, and answers the requests of one session over `channel`, on `server`.

    `note` is a byte of shared memory, `originals` are the modules as they were before any program ran, and
    `is_swollen()` says whether the server has used up its memory.
    """

    def __init__(
        self,
        channel: socket.socket,
        server: SteppedServer,
        note: mmap,
        originals: Originals,
        is_swollen: Callable[[], bool],
    ):
        self.channel = channel
        self.server = server
        self.note = note
        self.originals = originals
        self.is_swollen = is_swollen
        self.reported = 0.0  # when it last sent its progress
        self.watchdog = Watchdog(self._give_up, self.originals.are_changed)

    def run(self, request: Message) -> None:
        """Answer `request` and those that follow it, and end this process."""
        try:
            confine()
            watch_for_trespass(self.watchdog.is_running)
            self.server.connect()
            while request:
                self.watchdog.memory = peak_memory()
                answer = self._answer(**request)
                self._send(("done", answer), SPENT if self.server.stuck or self.is_swollen() else ANSWERED)
                request = self._next()
        except MemoryError:
            lift_memory_limit()
            self._send(("lost", ("uses too much memory", f"it uses more than {MEMORY_MB} MB of memory")), SPENT)
        except BaseException as error:
            self.watchdog.loop = None
            changed = self.originals.restore()
            self._send(_failure(error, changed), SPENT)
        finally:
            _exit(0)

    def _next(self) -> Message:
        """The next request of this session; None if there's none, or if this process isn't fit to answer it."""
        if self.note[0] == SPENT or self.originals.restore():
            return None
        while (request := read_message(self.channel)) == STOP:  # it came after the answer
            pass
        if request == END:
            return None
        self.note[0] = AT_WORK
        return request

    def _answer(
        self,
        kind: str,
        scenario: bytes,
        options: dict[str, Any],
        path: list[str],
        folder: str,
        preload: tuple[str, ...],
    ) -> Report | Position | Part | str:
        """`kind` is "replay" or one of SEARCHES, `scenario` is pickled. (The child has imported `preload`.)"""
        sys.path[:] = path
        os.chdir(folder)
        unpickled = pickle.loads(scenario)
        if kind == "replay":
            return replay_here(unpickled, self.server, on_start=self._watch, **options)
        search = SEARCHES[kind]
        return search(unpickled, self.server, on_start=self._watch, on_progress=self._report, **options)

    def _watch(self, simulation: Simulation) -> None:
        self.watchdog.loop = simulation.loop

    def _report(self, search: Search) -> bool:
        """Send the progress, ten times per second. Returns whether the parent wants to stop."""
        now = real_monotonic()
        if now - self.reported < PROGRESS_EVERY:
            return False
        self.reported = now
        self._send(("progress", progress_of(search, now)))
        readable, _, _ = select.select([self.channel], [], [], 0)
        return bool(readable) and read_message(self.channel) == STOP

    def _give_up(self, kind: str, words: str) -> NoReturn:
        """Answer for a program that can't be stopped, and end this process with it."""
        self.watchdog.loop = None
        self.originals.restore()
        self._send(("lost", (kind, words)), SPENT)
        _exit(0)

    def _send(self, message: Message, outcome: int = AT_WORK) -> None:
        self.watchdog.let_answer()
        data = pack_message(message)
        self.note[0] = TALKING
        self.channel.sendall(data)
        self.note[0] = outcome


def _failure(error: BaseException, changed: list[str]) -> tuple[str, Any]:
    if changed:
        names = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
        return "lost", ("breaks the checker", f"it changed {names}, which the explorer needs too")
    known = type(error) in (RuntimeError, ValueError)
    return "failed", error if known else RuntimeError(traceback.format_exc())
