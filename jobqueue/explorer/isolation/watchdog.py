"""A watchdog that ends a turn that would never end. It measures processor time, never the clock on the wall."""

import os
import signal
from time import process_time

from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.loop import Hung, VirtualLoop
from jobqueue.explorer.fences.confine import MEMORY_MB, limit_processor, peak_memory
from jobqueue.explorer.fences.trespass import Trespass

#: Seconds of the processor that a program may compute without awaiting; then Hung is thrown into it. On a busy machine
#: they take much longer, and a program that only waits for its turn is not one that computes without end.
PATIENCE = 2.0

#: Seconds in which a program neither computes nor waits for the processor: something of its own blocks it.
BLOCKED = 4.0

#: The same where the system doesn't say how long a process has waited for the processor.
BLOCKED_UNSURE = 30.0

#: Seconds of the processor in code that no signal reaches, such as `sum(range(10**12))`: then the process is ended.
UNREACHABLE = 5.0

TICK = 0.25


class Watchdog:
    """A timer that checks four times per second whether the program in `loop` is still in the same turn.

    It works by a signal, which reaches a program at the very line it runs.
    """

    def __init__(self) -> None:
        self.loop: VirtualLoop | None = None
        self.turn: int | None = None
        self.used, self.idle = 0.0, 0.0
        self.clock, self.busy, self.sure = 0.0, 0.0, True
        self.parent = os.getppid()
        self.memory = peak_memory()
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        limit_processor(process_time() + UNREACHABLE)

    def is_running(self) -> bool:
        """Does a program have its turn?"""
        return self.loop is not None and self.loop.running

    def _tick(self, *_: object) -> None:
        if os.getppid() != self.parent:  # the parent is gone, so there's no one to answer
            os.kill(os.getpid(), signal.SIGKILL)
        used = process_time()
        limit_processor(used + UNREACHABLE)
        idle = self._idle()
        if self.is_running() and peak_memory() - self.memory > MEMORY_MB:
            raise Trespass("uses too much memory", f"uses more than {MEMORY_MB} MB of memory")
        turn = self.loop.rounds if self.loop and self.loop.running else None
        if turn is None or turn != self.turn:
            self.turn, self.used, self.idle = turn, used, 0.0
            return
        self.idle += idle
        if used - self.used >= PATIENCE or self.idle >= (BLOCKED if self.sure else BLOCKED_UNSURE):
            self.turn = None
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
