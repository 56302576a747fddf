"""The rows of a drawn schedule, which svg.py and plain.py have in common."""

import textwrap
from dataclasses import dataclass, field, replace

from jobqueue.explorer.engine.replay import Frame, Schedule
from jobqueue.explorer.record import Choice
from jobqueue.explorer.report.names import Names
from jobqueue.explorer.report.shelf import MOST, Shelf, shelve

#: Characters in the column of commands and replies.
WIDTH = 52

#: The words after a command that a fault strikes.
FAULT_WORDS = {
    "lose_reply": "the reply is lost: its sender sees a ConnectionError",
    "send_again": "sent twice; the second reply is",
    "refuse_memory": "out of memory",
}


@dataclass(frozen=True)
class ScheduleRow:
    """One line of a picture.

    Attributes:
        kind: "start", "step", "crash", "time", "finish" or "finding".
        number: of the step; 0 for other rows.
        lane: index of its lane, or None.
        mark: "" or the fault that struck the step.
        title: the command, or the event.
        detail: the reply, or the reason.
        parked: the command now blocks.
        woken: indices of lanes whose blocking read this step ended.
        effects: those that the programs recorded as they went on.
        streams: a Shelf for every stream that is not empty, or was.
        other: other keys, in one line each.
        changed: Redis's content differs from that of the row before.
        over: indices of lanes that have ended by now, or crashed.
    """

    kind: str
    title: str
    detail: str = ""
    number: int = 0
    lane: int | None = None
    mark: str = ""
    parked: bool = False
    woken: tuple[int, ...] = ()
    effects: tuple[str, ...] = ()
    streams: dict[str, Shelf] = field(default_factory=dict)
    other: tuple[str, ...] = ()
    changed: bool = False
    over: frozenset[int] = frozenset()


def rows(schedule: Schedule, names: Names | None = None) -> list[ScheduleRow]:
    """The rows of `schedule`, from the starting state to the findings at its end. `names` learns the names."""
    names = names or Names()
    streams = {name: True for frame in schedule.frames for name, s in frame.content.streams.items() if s.entries}
    result: list[ScheduleRow] = []
    for number, frame in enumerate(frame for frame in schedule.frames if frame.phase != "finish"):
        row = _with_content(_row(schedule, frame, names), frame, names, streams, result)
        result.append(replace(row, number=number))
    if frames := [frame for frame in schedule.frames if frame.phase == "finish"]:
        result.append(_with_content(_finish_row(frames, names), frames[-1], names, streams, result))
    findings = [ScheduleRow("finding", finding.kind, names.shorten(finding.message)) for finding in schedule.findings]
    return result + findings


def wrap(words: str, width: int = WIDTH) -> list[str]:
    """`words` in lines of about `width` characters; at most two lines, unless there is more room than usual."""
    longest = 2 * width if width == WIDTH else 1000
    words = words if len(words) <= longest else words[: longest - 1] + "…"
    return textwrap.wrap(words, width, subsequent_indent="  ") or [""]


def _with_content(
    row: ScheduleRow, frame: Frame, names: Names, streams: dict[str, bool], rows_before: list[ScheduleRow]
) -> ScheduleRow:
    """`row` with Redis's content next to it."""
    shelves, other = shelve(frame, names, streams)
    before = (rows_before[-1].streams, rows_before[-1].other) if rows_before else None
    return replace(row, streams=shelves, other=other, changed=(shelves, other) != before)


def _row(schedule: Schedule, frame: Frame, names: Names) -> ScheduleRow:
    lanes, choice = schedule.lanes, frame.choice
    row = ScheduleRow(
        "start",
        "the start",
        effects=tuple(names.shorten(" ".join(map(str, effect))) for effect in frame.effects),
        woken=tuple(lanes.index(lane) for lane in frame.woken),
        over=frozenset(at for at, lane in enumerate(lanes) if _is_over(frame, lane)),
    )
    if choice is None:
        return row
    if choice.lane is None:
        reason = "although a program could act" if choice.is_fault else "all programs wait"
        return replace(row, kind="time", title=f"{choice.seconds:g} s pass", detail=reason)
    row = replace(row, lane=lanes.index(choice.lane))
    if choice.kind == "crash":
        return replace(row, kind="crash", title=f"{choice.lane} crashes")
    command = names.shorten(frame.command.removeprefix("# "))
    if frame.command.startswith("#"):
        return replace(row, kind="step", title=command)
    mark = choice.kind if choice.is_fault else ""
    reply = _reply(choice, frame, names.shorten(frame.reply))
    return replace(row, kind="step", title=command, detail=reply, mark=mark, parked=frame.parked)


def _reply(choice: Choice, frame: Frame, reply: str) -> str:
    if words := FAULT_WORDS.get(choice.kind):
        return words if choice.kind == "lose_reply" else f"{words}: {reply}" if reply else words
    return "nothing there: it blocks" if frame.parked else reply


def _finish_row(frames: list[Frame], names: Names) -> ScheduleRow:
    """One row for all of `finish`, because only the work that was left for it matters."""
    effects = [names.shorten(" ".join(map(str, effect))) for frame in frames for effect in frame.effects]
    if len(effects) > MOST:
        effects[MOST:] = [f"and {len(effects) - MOST} more"]
    detail = "" if effects else "and find nothing to do"
    return ScheduleRow("finish", "healthy ones finish", detail, effects=tuple(effects))


def _is_over(frame: Frame, lane: str) -> bool:
    return frame.outcomes.get(lane.partition("/")[0], "running") != "running"
