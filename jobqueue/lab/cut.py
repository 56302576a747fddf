"""A part of a recording as a recording of its own, for who reads for ten minutes between two experiments."""

from jobqueue.lab.recording import Recording

#: Of a frame: what is counted since the beginning.
COUNTS = ("accepted", "foreign", "done", "cancelled", "discarded", "reaped", "retried", "refused")


def since(recording: Recording, t_s: float) -> Recording:
    """What happened from `t_s` on: its seconds and its counts begin at 0 there."""
    frames = [frame for frame in recording.frames if frame["t"] >= t_s]
    before = frames[0] if frames else {}
    last = recording.frames[-1]["marks"] if recording.frames else []
    # A mark is told to 10 ms: one that was made just after `t_s` may stand just before it.
    marks = [_later(mark, min(t_s, mark["t"])) for mark in last if mark["t"] >= round(t_s, 2)]
    return Recording([_later(_less(frame, before), t_s) for frame in frames], marks, recording.left_out)


def _later(what: dict, t_s: float) -> dict:
    """The same, on a clock that began at `t_s`."""
    moved = {name: round(what[name] - t_s, 3) for name in ("t", "until") if what.get(name) is not None}
    inner = {name: [_later(each, t_s) for each in what[name]] for name in ("events", "marks") if name in what}
    return what | moved | inner


def _less(frame: dict, before: dict) -> dict:
    """A frame whose counts do not know of what was before. A server that lost its memory counts anew anyway."""
    return frame | {name: max(0, frame[name] - before[name]) for name in COUNTS}
