"""What a recorder recorded, as tidy pandas frames with units in their names, and as a file. No Redis in it.

Every chart is a pure function of a Recording. One can also be made by hand, of a list of frames.
"""

import gzip
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.keys import TIERS
from jobqueue.lab.attempts import COLUMNS, attempts
from jobqueue.lab.journal import Event
from jobqueue.lab.live.frame import NOTHING
from jobqueue.lab.reel import BLOCK, Events, Reel
from jobqueue.lab.summary import summary

if TYPE_CHECKING:
    import pandas

VERSION = 1

_encode = msgspec.json.Encoder().encode


class _Head(msgspec.Struct):
    """The first line of a file. After it come the frames, a line each, and the events, some a line."""

    #: The version of what follows.
    jobqueue_recording: int
    marks: list[dict] = []
    #: The number of the first event; and for each frame the number of the first event that is too late for it.
    first: int = 0
    ends: list[int] = []
    left_out: int = 0


class Recording:
    """Frames, events and marks of one experiment.

    Args:
        frames: as `live/frame.py` has them; what one lacks counts as nothing.
        marks: by default the last frame's.
        left_out (int): how many of the events are missing, the oldest for the most part: there were too many.
    """

    def __init__(self, frames: Sequence[dict], marks: Sequence[dict] | None = None, left_out: int = 0):
        self.frames: Reel = frames if isinstance(frames, Reel) else _wound(frames)
        self._events, self.left_out = self.frames.events, left_out
        last = self.frames[-1] if self.frames else NOTHING
        self._marks: Sequence[dict] = last["marks"] if marks is None else marks

    def __repr__(self) -> str:
        seconds = self.frames[-1]["t"] if self.frames else 0
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
        """What `save` wrote. Raises BadSetting for a file that is no recording, or none that this version reads."""
        try:
            with gzip.open(path, "rb") as file:
                return cls._read(file)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise BadSetting(f"{path} is no recording that can be read: {error}") from None

    @classmethod
    def _read(cls, file: BinaryIO) -> "Recording":
        head = msgspec.json.decode(file.readline(), type=_Head)
        if head.jobqueue_recording != VERSION:
            raise ValueError(f"it has version {head.jobqueue_recording}, and this kit reads {VERSION}")
        frames = [msgspec.json.decode(file.readline(), type=dict) for _ in head.ends]
        reel = Reel(math.inf)
        reel.events = Events(head.first)
        for line in file:
            reel.events.extend(msgspec.json.decode(line, type=list[Event]))
        for frame, end in zip(frames, head.ends, strict=True):
            reel.put(NOTHING | frame, end)
        return cls(reel, head.marks, head.left_out)

    @cached_property
    def samples(self) -> "pandas.DataFrame":
        """A row a frame and tier. `oldest_wait_s` is missing where none waits, `capacity_jobs` where there is no limit.

        The capacity is the high watermark, the depth at which the tier is full; at `reopens_jobs`, the low one, it
        takes jobs again.
        """
        counts = ("waiting_jobs", "pending_jobs", "delayed_jobs")
        columns = ("t_s", "tier", *counts, "oldest_wait_s", "capacity_jobs", "reopens_jobs")
        return _table(columns, (_sample(frame, tier) for frame in self.frames for tier in TIERS))

    @cached_property
    def totals(self) -> "pandas.DataFrame":
        """A row a frame: counts since the beginning; `dead_jobs` are those that are dead now."""
        names = ("accepted", "done", "dead", "refused", "reaped", "retried")
        rows = ((frame["t"], *(frame[name] for name in names)) for frame in self.frames)
        return _table(("t_s", *(f"{name}_jobs" for name in names)), rows)

    @cached_property
    def pel(self) -> "pandas.DataFrame":
        """A row a frame and consumer that has anything pending, or is one of the fleet's workers."""
        rows = (row for frame in self.frames for row in _pel(frame))
        return _table(("t_s", "worker", "pending_jobs", "orphan_jobs"), rows)

    @cached_property
    def workers(self) -> "pandas.DataFrame":
        """A row a frame and worker of the fleet."""
        parts = ("name", "state", "running", "done")
        rows = ((frame["t"], *(one[part] for part in parts)) for frame in self.frames for one in frame["workers"])
        return _table(("t_s", "worker", "state", "pending_jobs", "done_jobs"), rows)

    @cached_property
    def events(self) -> "pandas.DataFrame":
        """A row a transition of a job. `attempt` is 0 where it is not known."""
        return _table(("t_s", *Event._fields[1:]), self._events)

    @cached_property
    def attempts(self) -> "pandas.DataFrame":
        """A row an attempt: see attempts.py."""
        return _table(COLUMNS, (tuple(row[name] for name in COLUMNS) for row in attempts(self._events)))

    @cached_property
    def marks(self) -> "pandas.DataFrame":
        """A row a mark. `until_s` is missing where it did not last, or still did at the end."""
        rows = ((mark["t"], mark["label"], mark.get("fault", True), mark.get("until")) for mark in self._marks)
        return _table(("t_s", "label", "fault", "until_s"), rows)

    def summary(self) -> dict[str, int]:
        """What became of all jobs: how many were accepted, done, begun more than once, dead, refused, and lost
        (accepted and now nowhere); and how many attempts were reaped and retried.
        """
        return summary(self.frames, self._events)


def _wound(frames: Iterable[dict]) -> Reel:
    reel = Reel(math.inf)
    for frame in frames:
        reel.append(NOTHING | frame, [Event(**event) for event in frame.get("events", ())])
    return reel


def _sample(frame: dict, tier: str) -> tuple:
    counts = (frame[place].get(tier, 0) for place in ("waiting", "pending", "delayed"))
    age, (low, high) = frame["oldest"].get(tier, -1), frame["capacity"].get(tier, (None, None))
    return frame["t"], tier, *counts, None if age < 0 else age, high, low


def _pel(frame: dict) -> Iterator[tuple]:
    dead = {worker["name"] for worker in frame["workers"] if worker["state"] in ("dead", "gone")}
    held = {worker["name"]: worker["running"] for worker in frame["workers"]} | frame["pel"]
    return ((frame["t"], worker, jobs, jobs if worker in dead else 0) for worker, jobs in held.items())


def _table(columns: Sequence[str], rows: Iterable[tuple]) -> "pandas.DataFrame":
    """A table whose columns have their own types even if it is empty: None is NaN in a column of numbers."""
    import pandas  # here, because the demo makes recordings too, and runs without it

    table = pandas.DataFrame(list(rows), columns=list(columns))
    return table.astype({name: _kind(name) for name in columns})


def _kind(column: str) -> str:
    if column.endswith("_s") or column in ("capacity_jobs", "reopens_jobs"):
        return "float64"
    if column.endswith("_jobs") or column == "attempt":
        return "int64"
    return "bool" if column in ("fault", "wasted") else "object"
