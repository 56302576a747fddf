"""What a schedule tells: who did what, in the words of Redis. Diagnoses are written with it."""

from collections.abc import Iterable

from jobqueue.lab.explorer import Content, Frame, Schedule


def steps(schedule: Schedule, lane: str | None = None) -> list[Frame]:
    """The frames in which `lane` (or anybody) sent something."""
    return [f for f in schedule.frames if f.phase == "schedule" and f.command and lane in (None, f.lane)]


def name(frame: Frame) -> str:
    """What was sent, short: "XACK", "MULTI … EXEC", "script"."""
    if " · " in frame.command:
        return "MULTI … EXEC"
    word = frame.command.split(" ", 1)[0]
    return "script" if word.startswith(("EVAL", "FCALL")) else word


def writes(frame: Frame) -> bool:
    """Did it (mean to) change the stream or its PEL?"""
    words = frame.command.split()
    changing = {"XADD", "XACK", "XDEL", "XCLAIM", "XAUTOCLAIM", "XTRIM", "XREADGROUP"}
    return name(frame) == "script" or bool(changing & set(words))


def struck(schedule: Schedule) -> tuple[int, Frame] | None:
    """The first frame in which a fault struck, and its place among the frames."""
    return next(((at, f) for at, f in enumerate(schedule.frames) if f.choice and f.choice.is_fault), None)


def before(schedule: Schedule, at: int) -> Frame | None:
    """The last step of the same lane before frame `at`."""
    lane = schedule.frames[at].lane
    return next((f for f in reversed(schedule.frames[:at]) if f.lane == lane and f.command), None)


def is_pending(content: Content, stream: str, group: str, entry_id: str) -> bool:
    return any(row.id == entry_id for row in rows(content, stream, group))


def rows(content: Content, stream: str, group: str) -> Iterable:
    """The PEL; empty if stream or group are gone."""
    found = content.streams.get(stream)
    return found.groups[group].pending if found and group in found.groups else ()


def entries(content: Content, stream: str) -> dict[str, dict[str, str]]:
    """The entries of `stream`; empty if it is gone."""
    found = content.streams.get(stream)
    return found.entries if found else {}
