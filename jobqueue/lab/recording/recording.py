"""A recorder's frames and events, as tidy pandas tables with units in the columns' names, and as a file. No Redis here.

Every chart is a pure function of a Recording. You can also make one by hand, from a list of frames.
"""

import gzip
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from jobqueue.errors import BadSetting
from jobqueue.keys import TIERS
from jobqueue.lab.recording.attempts import COLUMNS, attempts
from jobqueue.lab.recording.frame import NOTHING, Event, Mark, WorldFrame
from jobqueue.lab.recording.storage import BLOCK, Events, Reel
from jobqueue.lab.recording.summary import summary

if TYPE_CHECKING:
    import pandas

VERSION = 1

_encode = msgspec.json.Encoder().encode


class _Head(msgspec.Struct):
    """The first line of a file. After it come the frames, one per line, and the events, many per line."""

    #: The version of what follows.
    jobqueue_recording: int
    marks: list[Mark] = []
    #: The number of the first event; and for each frame, the number of the first event that's too late for it.
    first: int = 0
    ends: list[int] = []
    left_out: int = 0


class Recording:
    """Frames, events and marks of one experiment.

    Args:
        frames: oldest first.
        marks: by default the last frame's.
        left_out: how many events are missing, because there were too many. Mostly they're the oldest.
    """

    def __init__(self, frames: Sequence[WorldFrame], marks: Sequence[Mark] | None = None, left_out: int = 0):
        self.frames: Reel = frames if isinstance(frames, Reel) else _wound(frames)
        self._events, self.left_out = self.frames.events, left_out
        last = self.frames[-1] if self.frames else NOTHING
        self._marks: Sequence[Mark] = last.marks if marks is None else marks

    def __repr__(self) -> str:
        seconds = self.frames[-1].t if self.frames else 0
        missing = f", {self.left_out:,} left out" if self.left_out else ""
        return f"<Recording: {seconds:.0f} s, {len(self.frames):,} frames, {len(self._events):,} events{missing}>"

    def save(self, path: str | Path) -> None:
        """Write it to one file, which `load` reads."""
        events = self._events
        head = _Head(VERSION, list(self._marks), events.first, self.frames.ends, self.left_out)
        with gzip.open(path, "wb") as file:
            file.write(_encode(head) + b"\n")
            for place in range(len(self.frames)):
                file.write(_encode(self.frames.bare(place)) + b"\n")
            for start in range(events.first, events.end, BLOCK):
                file.write(_encode(events.between(start, start + BLOCK)) + b"\n")

    @classmethod
    def load(cls, path: str | Path) -> "Recording":
        """Read what `save` wrote. Raises BadSetting if the file is no recording, or none that this version reads."""
        try:
            with gzip.open(path, "rb") as file:
                return cls._read(file)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise BadSetting(f"{path} is no recording that can be read: {error}") from None

    @classmethod
    def _read(cls, file: gzip.GzipFile) -> "Recording":
        head = msgspec.json.decode(file.readline(), type=_Head)
        if head.jobqueue_recording != VERSION:
            raise ValueError(f"it has version {head.jobqueue_recording}, and this kit reads {VERSION}")
        frames = [msgspec.json.decode(file.readline(), type=WorldFrame) for _ in head.ends]
        reel = Reel(math.inf)
        reel.events = Events(head.first)
        for line in file:
            reel.events.extend(msgspec.json.decode(line, type=list[Event]))
        for frame, end in zip(frames, head.ends, strict=True):
            reel.put(frame, end)
        return cls(reel, head.marks, head.left_out)

    @cached_property
    def samples(self) -> "pandas.DataFrame":
        """A row per frame and tier. `oldest_wait_s` is missing if none waits, `capacity_jobs` if there's no limit.

        The capacity is the high watermark, the depth at which the tier is full. At `reopens_jobs`, the low one, it
        takes jobs again.
        """
        counts = ("waiting_jobs", "pending_jobs", "delayed_jobs")
        columns = ("t_s", "tier", *counts, "oldest_wait_s", "capacity_jobs", "reopens_jobs")
        return _table(columns, (_sample(frame, tier) for frame in self.frames for tier in TIERS))

    @cached_property
    def totals(self) -> "pandas.DataFrame":
        """A row per frame: counts since the beginning. `dead_jobs` are those that are dead now."""
        names = ("accepted", "done", "dead", "refused", "reaped", "retried")
        rows = ((f.t, f.accepted, f.done, f.dead, f.refused, f.reaped, f.retried) for f in self.frames)
        return _table(("t_s", *(f"{name}_jobs" for name in names)), rows)

    @cached_property
    def pel(self) -> "pandas.DataFrame":
        """A row per frame and consumer that has anything pending, or is one of the world's workers."""
        rows = (row for frame in self.frames for row in _pel(frame))
        return _table(("t_s", "worker", "pending_jobs", "orphan_jobs"), rows)

    @cached_property
    def workers(self) -> "pandas.DataFrame":
        """A row per frame and worker of the world."""
        rows = ((frame.t, w.name, w.state, w.running, w.done) for frame in self.frames for w in frame.workers)
        return _table(("t_s", "worker", "state", "pending_jobs", "done_jobs"), rows)

    @cached_property
    def events(self) -> "pandas.DataFrame":
        """A row per transition of a job. `attempt` is 0 if it isn't known."""
        return _table(("t_s", *Event._fields[1:]), self._events)

    @cached_property
    def attempts(self) -> "pandas.DataFrame":
        """A row per attempt: see attempts.py."""
        return _table(COLUMNS, map(astuple, attempts(self._events)))

    @cached_property
    def marks(self) -> "pandas.DataFrame":
        """A row per mark. `until_s` is missing if it didn't last, or still did at the end."""
        rows = ((mark.t, mark.label, mark.fault, None if mark.until is UNSET else mark.until) for mark in self._marks)
        return _table(("t_s", "label", "fault", "until_s"), rows)

    def summary(self) -> dict[str, int]:
        """The fate of all jobs in numbers: see summary.py."""
        return summary(self.frames, self._events)


def _wound(frames: Iterable[WorldFrame]) -> Reel:
    reel = Reel(math.inf)
    for frame in frames:
        reel.append(frame, frame.events)
    return reel


def _sample(frame: WorldFrame, tier: str) -> tuple[object, ...]:
    counts = (place.get(tier, 0) for place in (frame.waiting, frame.pending, frame.delayed))
    age, (low, high) = frame.oldest.get(tier, -1), frame.capacity.get(tier, (None, None))
    return frame.t, tier, *counts, None if age < 0 else age, high, low


def _pel(frame: WorldFrame) -> Iterator[tuple[object, ...]]:
    dead = {worker.name for worker in frame.workers if worker.over}
    held = {worker.name: worker.running for worker in frame.workers} | frame.pel
    return ((frame.t, worker, jobs, jobs if worker in dead else 0) for worker, jobs in held.items())


def _table(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> "pandas.DataFrame":
    """A table whose columns have their types even if it's empty. In a column of numbers, None is NaN."""
    import pandas  # here, because the demo makes recordings too, and runs without pandas

    table = pandas.DataFrame(list(rows), columns=list(columns))
    return table.astype({name: _kind(name) for name in columns})


def _kind(column: str) -> str:
    if column.endswith("_s") or column in ("capacity_jobs", "reopens_jobs"):
        return "float64"
    if column.endswith("_jobs") or column == "attempt":
        return "int64"
    return "bool" if column in ("fault", "wasted") else "object"
