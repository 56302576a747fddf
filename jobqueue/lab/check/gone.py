"""Naming a function that removes the stream, or the group, that it works on. Everything else follows from that."""

from jobqueue.explorer import Content, Frame, Problem
from jobqueue.lab.check.verdict import Idea


def gone(problem: Problem) -> Idea | None:
    """The Idea behind a stream or a group that was there at the start and isn't there at the end; or None."""
    frames = [frame for frame in problem.schedule.frames if frame.phase != "finish"] if problem.schedule else []
    if not frames:
        return None
    start, end = _names(frames[0].content), _names(frames[-1].content)
    if not (missing := sorted(start - end)):
        return None
    stream, *group = missing[0]
    by = _command(frames, missing[0])
    if group:
        words = f"Your function destroys the group `{group[0]}`{by}. So its pending list is gone, for every worker."
        return Idea("destroys-the-group", words)
    words = f"Your function removes the whole stream `{stream}`{by}. So all its jobs are gone, for every worker."
    return Idea("deletes-the-stream", words)


def _names(content: Content) -> set[tuple[str, ...]]:
    streams = content.streams
    groups = {(name, group) for name in streams for group in streams[name].groups}
    return {*groups, *((name,) for name in streams)}


def _command(frames: list[Frame], missing: tuple[str, ...]) -> str:
    """The command that did it, " (`DEL jobs`)"; a script isn't quoted."""
    frame = next(frame for frame in frames if missing not in _names(frame.content))
    short = frame.command and len(frame.command) < 60 and not frame.command.startswith(("EVAL", "FCALL"))
    return f" (`{frame.command}`)" if short else ""
