"""What one worker went through, as far back as a picture looks: out of frames, one after the other."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

FEW = 64  # more jobs than this, begun and ended in sight, are not drawn one by one
REAPS = 6
FOR_EVER = 1e7  # seconds: what has not ended


class Span(NamedTuple):
    """Something that lasted, in seconds."""

    name: str
    begin: float
    end: float
    row: int  # the lowest that was free


class Spans:
    """Named things, each from the frame in which it is seen first to the one in which it is not seen any more."""

    def __init__(self, kept: int = FEW):
        self.ended: deque[Span] = deque(maxlen=kept)
        self.lasting: dict[str, Span] = {}

    def see(self, t: float, names: Iterable[str]) -> None:
        for name in self.lasting.keys() - names:
            self.ended.append(self.lasting.pop(name)._replace(end=t))
        for name in names:
            if name not in self.lasting:
                taken = {span.row for span in self.lasting.values()}
                row = next(row for row in range(len(taken) + 1) if row not in taken)
                self.lasting[name] = Span(name, t, FOR_EVER, row)

    def since(self, begin: float) -> list[Span]:
        """Those not over by then, oldest first."""
        return sorted((span for span in (*self.ended, *self.lasting.values()) if span.end > begin), key=_order)

    def complete(self, begin: float) -> bool:
        """Whether none is forgotten that was not over by then."""
        return len(self.ended) < self.ended.maxlen or self.ended[0].end <= begin


def _order(span: Span) -> tuple[float, int]:
    return span.begin, span.row


class Track:
    """One worker's past. `hired` and `ended` are seconds; `reaps` are the latest times when jobs of it were reaped."""

    def __init__(self, hired: float):
        self.hired, self.ended = hired, FOR_EVER
        self.jobs, self.states, self.faults = Spans(), Spans(), Spans()
        self.reaps: deque[tuple[int, float, int]] = deque(maxlen=REAPS)  # number, seconds, how many jobs

    def follow(self, t: float, worker: dict, reaped: int) -> None:
        """Take in what a frame of time `t` says of the worker; `reaped` of its jobs were reaped since the last one."""
        if worker["state"] in ("dead", "gone"):
            self.ended = min(self.ended, t)
        self.jobs.see(t, worker.get("jobs", ()))
        self.states.see(t, [worker["state"]])
        self.faults.see(t, worker.get("faults", ()))
        if reaped:
            self._reaped(t, reaped)

    def _reaped(self, t: float, n: int) -> None:
        """A reaper takes a lot, and then another: within a second, they count as one."""
        number, before, already = self.reaps[-1] if self.reaps else (-1, -FOR_EVER, 0)
        if t - before < 1.0:
            self.reaps[-1] = (number, before, already + n)
        else:
            self.reaps.append((number + 1, t, n))
