"""A watchdog that ends a turn that would never end. It measures processor time, never the clock on the wall."""

import os
import signal
from collections.abc import Callable
from os import _exit  # a program may replace it
from time import process_time
from types import FrameType

from jobqueue.explorer.engine.blame import place_of
from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.loop import Blocked, Hung, VirtualLoop
from jobqueue.explorer.fences.confine import MEMORY_MB, limit_processor, peak_memory
from jobqueue.explorer.fences.trespass import Trespass

#: Seconds of the processor that a program may compute without awaiting; then Hung is thrown into it. On a busy machine
#: they take much longer, and a program that only waits for its turn is not one that computes without end.
PATIENCE = 1.0

#: The same for a program that imports a module, because large ones take long the first time.
IMPORTING = 8.0

#: Seconds in which a program neither computes nor waits for the processor: something of its own blocks it.
BLOCKED = 3.0

#: The same where the system doesn't say how long a process has waited for the processor.
BLOCKED_UNSURE = 30.0

#: Seconds of the processor in code that no signal reaches, such as `sum(range(10**12))`: then the process is ended.
UNREACHABLE = 4.0

#: The same for the explorer's own last word, which may be a large report.
ANSWERING = 60.0

TICK = 0.25


class Watchdog:
    """A timer that checks four times per second whether the program in `loop` is still in the same turn.

    It works by a signal, which reaches a program at the very line it runs. `is_broken()` asks if a program has changed
    what the explorer needs, and `give_up(kind, words)` ends this process, for a program that catches even Hung.
    """

    def __init__(
        self,
        give_up: Callable[[str, str], None] = lambda kind, words: None,
        is_broken: Callable[[], bool] = lambda: False,
    ) -> None:
        self.loop: VirtualLoop | None = None
        self.give_up, self.is_broken = give_up, is_broken
        self.turn: tuple[int, bool] | None = None  # a round of the loop, and whether a program runs in it
        self.thrown: tuple[int, bool] | None = None  # the turn that Hung was thrown into
        self.endless: set[tuple[str, str]] = set()  # files and functions that computed without end
        self.used, self.idle = 0.0, 0.0  # seconds of this turn in which it computed, and in which it did nothing
        self.processor, self.clock, self.busy, self.sure = 0.0, 0.0, 0.0, True
        self.parent = os.getppid()
        self.memory = peak_memory()
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        limit_processor(process_time() + UNREACHABLE)

    def let_answer(self) -> None:
        """Grant more time until the next tick."""
        limit_processor(process_time() + ANSWERING)

    def is_running(self) -> bool:
        """Does a program have its turn?"""
        return self.loop is not None and self.loop.running

    def _tick(self, _: int = 0, frame: FrameType | None = None) -> None:
        if os.getppid() != self.parent:  # the parent is gone, so there's no one to answer
            _exit(1)
        now, idle, running = process_time(), self._idle(), self.is_running()
        limit_processor(now + UNREACHABLE)
        # A machine that pauses may count the pause as work: no tick counts for more than two.
        used, self.processor = min(now - self.processor, 2 * TICK), now
        if running and peak_memory() - self.memory > MEMORY_MB:
            raise Trespass("uses too much memory", f"uses more than {MEMORY_MB} MB of memory")
        turn = (self.loop.rounds, running) if self.loop else None
        if turn is None or turn != self.turn:
            self.turn, self.used, self.idle = turn, 0.0, 0.0
            return
        self.used, self.idle = self.used + used, self.idle + idle
        blocked = self.idle >= (BLOCKED if self.sure else BLOCKED_UNSURE)
        if blocked or self.used >= self._patience(turn, frame):
            self._end(turn, blocked, frame)

    def _patience(self, turn: tuple[int, bool], frame: FrameType | None) -> float:
        """Seconds that this turn may compute. A loop that's known to be endless is soon ended when it's met again."""
        if turn == self.thrown or _function(frame) in self.endless:
            return TICK
        return IMPORTING if _imports(frame) else PATIENCE

    def _end(self, turn: tuple[int, bool], blocked: bool, frame: FrameType | None) -> None:
        """End a turn that lasts too long: by an error, or, if the program catches that, with this process."""
        self.used, self.idle = 0.0, 0.0
        if not turn[1]:  # it's the explorer that doesn't come to an end: is that a program's doing?
            if self.is_broken():
                raise Hung
            return
        if self.thrown == turn:
            line = place_of(frame)
            words = f"it {'blocks' if blocked else 'computes forever'}{line}, and catches what is to stop it"
            self.give_up("stops the loop" if blocked else "spins", words)
        self.thrown = turn
        if blocked:
            raise Blocked
        self.endless |= {_function(frame)} if frame else set()
        raise Hung

    def _idle(self) -> float:
        """Seconds since the last tick without computing and without waiting for the processor.

        A pause without any tick counts for little: this process was stopped, or its machine slept.
        """
        clock, busy = real_monotonic(), self._busy()
        passed, self.clock = clock - self.clock, clock
        worked, self.busy = busy - self.busy, busy
        return max(0.0, min(passed, 2 * TICK) - worked)

    def _busy(self) -> float:
        """Seconds in which this process computed, or waited for the processor."""
        try:
            with open("/proc/self/schedstat", encoding="ascii") as file:
                computed, waited = file.read().split()[:2]
        except (OSError, ValueError):
            self.sure = False
            return process_time()
        return (int(computed) + int(waited)) / 1e9


def _function(frame: FrameType | None) -> tuple[str, str]:
    """The file and the name of the function that runs. Each schedule has a copy of it, with the same ones."""
    return (frame.f_code.co_filename, frame.f_code.co_qualname) if frame else ("", "")


def _imports(frame: FrameType | None) -> bool:
    """Is a module being imported?"""
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
