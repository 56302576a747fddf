"""Naming a function that takes away the stream, or the group, that it works on. Everything else follows from that."""

from jobqueue.explorer import Content, Finding, Frame, Problem, View
from jobqueue.lab.check.verdict import Idea

#: A stream, or a group with its stream.
Name = tuple[str, ...]

KINDS = {str: "a string", list: "a list", set: "a set", dict: "a hash"}


def lasting(view: View) -> list[Finding]:
    """The rule that no stream has a time to live."""
    streams = sorted(view.content.streams.keys() & {key.decode() for key in view.content.expiring})
    return [Finding("expires", f"`{streams[0]}`")] if streams else []


def gone(problem: Problem) -> Idea | None:
    """The Idea behind a stream or a group that was there at the start and is lost, or will be; or None."""
    if problem.kind == "expires":
        words = f"Your function gives the stream {problem.message} a time to live. So all its jobs are gone when that"
        return Idea("deletes-the-stream", f"{words} has passed.")
    frames = problem.schedule.frames if problem.schedule else ()
    for number, frame in enumerate(frames[1:], start=1):
        for name in sorted(_names(frames[0].content) - _names(frame.content)):
            if not _came_back(name, frames[number - 1].content, frames[-1].content):
                return _lost(name, frame)
    return None


def _names(content: Content) -> set[Name]:
    streams = content.streams
    groups = {(name, group) for name in streams for group in streams[name].groups}
    return {*groups, *((name,) for name in streams)}


def _came_back(name: Name, before: Content, now: Content) -> bool:
    """Whether it's there again, with something of what it held."""
    if name not in _names(now):
        return False
    held = _held(name, before)
    return not held or bool(held & _held(name, now))


def _held(name: Name, content: Content) -> set[str]:
    """Its entries, or the rows of a group's pending list. (An id may come back within the same instant.)"""
    stream = content.streams[name[0]]
    if len(name) > 1:
        return {f"{row.id} {row.consumer}" for row in stream.groups[name[1]].pending}
    return {f"{entry_id} {fields}" for entry_id, fields in stream.entries.items()}


def _lost(name: Name, frame: Frame) -> Idea:
    """The words; `frame` shows the first moment without it."""
    stream, *group = name
    by = _command(frame)
    if group:
        words = f"Your function destroys the group `{group[0]}`{by}. So its pending list is gone, for every worker."
        return Idea("destroys-the-group", words)
    value = frame.content.keys.get(stream)
    kind = next((words for kind, words in KINDS.items() if isinstance(value, kind)), "")
    deed = f"turns the stream `{stream}` into {kind}" if kind else f"removes the whole stream `{stream}`"
    return Idea("deletes-the-stream", f"Your function {deed}{by}. So all its jobs are gone, for every worker.")


def _command(frame: Frame) -> str:
    """The command that did it, " (`DEL jobs`)"; a script isn't quoted."""
    short = frame.command and len(frame.command) < 60 and not frame.command.startswith(("EVAL", "FCALL"))
    return f" (`{frame.command}`)" if short else ""
