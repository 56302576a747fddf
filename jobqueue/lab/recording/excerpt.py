"""A part of a recording as a recording of its own, in case you read for ten minutes between two experiments."""

from msgspec import UNSET
from msgspec.structs import replace

from jobqueue.lab.recording.frame import NOTHING, Mark, WorldFrame
from jobqueue.lab.recording.recording import Recording


def since(recording: Recording, t_s: float) -> Recording:
    """The recording from `t_s` on. Its seconds and its counts begin at 0 there."""
    frames = [frame for frame in recording.frames if frame.t >= t_s]
    before = frames[0] if frames else NOTHING
    last = recording.frames[-1].marks if recording.frames else []
    # Marks are rounded to 10 ms, so one that was made just after `t_s` may stand just before it.
    marks = [_later(mark, min(t_s, mark.t)) for mark in last if mark.t >= round(t_s, 2)]
    return Recording([_frame_later(_less(frame, before), t_s) for frame in frames], marks, recording.left_out)


def _frame_later(frame: WorldFrame, t_s: float) -> WorldFrame:
    """The same frame, on a clock that began at `t_s`."""
    events = [event._replace(t=_moved(event.t, t_s)) for event in frame.events]
    return replace(frame, t=_moved(frame.t, t_s), events=events, marks=[_later(mark, t_s) for mark in frame.marks])


def _later(mark: Mark, t_s: float) -> Mark:
    moved = replace(mark, t=_moved(mark.t, t_s))
    return moved if mark.until is None or mark.until is UNSET else replace(moved, until=_moved(mark.until, t_s))


def _moved(t: float, t_s: float) -> float:
    return round(t - t_s, 3)


def _less(frame: WorldFrame, before: WorldFrame) -> WorldFrame:
    """A frame whose counts leave out what came before. (A server that lost its data starts over anyway.)"""
    counts = {name: max(0, n - before.counts[name]) for name, n in frame.counts.items()}
    return replace(frame, **counts)
