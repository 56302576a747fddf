"""One worker's past, as far back as a picture looks. Made from frames, one after the other."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from jobqueue.lab.recording.frame import WorkerRow

FEW = 64  # if more jobs than this began and ended in sight, they aren't drawn one by one
REAPS = 6
NEVER = 1e7  # seconds: the end of what hasn't ended


class Span(NamedTuple):
    """Something that lasted, in seconds."""

    name: str
    begin: float
    end: float
    #: The lowest row that was free.
    row: int


class Spans:
    """Named things, each from the first frame that has it to the first without it."""

    def __init__(self, kept: int = FEW):
        self.kept = kept
        self.ended: deque[Span] = deque(maxlen=kept)
        self.lasting: dict[str, Span] = {}

    def follow(self, t: float, names: Iterable[str]) -> None:
        for name in self.lasting.keys() - names:
            self.ended.append(self.lasting.pop(name)._replace(end=t))
        for name in names:
            if name not in self.lasting:
                taken = {span.row for span in self.lasting.values()}
                row = next(row for row in range(len(taken) + 1) if row not in taken)
                self.lasting[name] = Span(name, t, NEVER, row)

    def since(self, begin: float) -> list[Span]:
        """Those that weren't over by `begin`, oldest first."""
        return sorted((span for span in (*self.ended, *self.lasting.values()) if span.end > begin), key=_order)

    def complete(self, begin: float) -> bool:
        """Whether all that weren't over by `begin` are still known."""
        return len(self.ended) < self.kept or self.ended[0].end <= begin


def _order(span: Span) -> tuple[float, int]:
    return span.begin, span.row


class Track:
    """One worker's past. `hired` and `ended` are seconds; `reaps` has the latest times when its jobs were reaped."""

    def __init__(self, hired: float):
        self.hired, self.ended = hired, NEVER
        self.jobs, self.states, self.faults = Spans(), Spans(), Spans()
        self.reaps: deque[tuple[int, float, int]] = deque(maxlen=REAPS)  # number, seconds, how many jobs

    def follow(self, t: float, worker: WorkerRow, reaped: int) -> None:
        """Take in the worker as a frame of time `t` has it. Since the last frame, `reaped` of its jobs were reaped."""
        if worker.over:
            self.ended = min(self.ended, t)
        self.jobs.follow(t, worker.jobs)
        self.states.follow(t, [worker.state])
        self.faults.follow(t, worker.faults)
        if reaped:
            self._reaped(t, reaped)

    def _reaped(self, t: float, n: int) -> None:
        """Note that jobs were reaped. A reaper takes several lots in a row, so all within a second count as one."""
        number, before, already = self.reaps[-1] if self.reaps else (-1, -NEVER, 0)
        if t - before < 1.0:
            self.reaps[-1] = (number, before, already + n)
        else:
            self.reaps.append((number + 1, t, n))
