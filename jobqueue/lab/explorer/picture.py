"""A schedule as rows to draw: what the two drawings (svg.py, plain.py) have in common.

Entry ids are long and all alike: here they are e1, e2, … in the order in which they first appear.
"""

import itertools
import re
import textwrap
from dataclasses import dataclass, field

from jobqueue.lab.explorer.content import Stream
from jobqueue.lab.explorer.replay import Frame, Schedule

_ENTRY_ID = re.compile(r"\b1[67]\d{11}-\d+\b")

#: Characters in the column that says what happened.
WIDTH = 52

#: Entries of a stream, and rows of a PEL, that are shown.
MOST = 7

#: What is said of a fault, after the command it struck.
SAID = {
    "lose_reply": "the reply is lost: its sender sees a ConnectionError",
    "send_again": "sent twice; the second reply is",
    "refuse_memory": "out of memory",
}


@dataclass(frozen=True)
class Chip:
    """A label, such as "e1 job 7 try 2" for an entry, or "e1 worker · 40 s" for a row of a PEL.

    pending: the entry is in a PEL. gone: the row's entry is no longer in the stream.
    """

    label: str
    pending: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Shelf:
    """What a picture shows of a stream: its entries, and its PEL; at most MOST of each, and how many more there are."""

    entries: tuple[Chip, ...] = ()
    pel: tuple[Chip, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of a picture.

    Attributes:
        kind: "start", "step", "crash", "time", "finish" or "finding".
        number: of the step, 0 for rows that are none.
        lane: index of its lane, or None.
        mark: "" or the fault that struck the step.
        title: the command, or what happened.
        detail: the reply, or why.
        parked: the command now blocks.
        woken: indices of lanes whose blocking read this step ended.
        effects: what the programs recorded as they went on.
        streams: {name: Shelf} of every stream that is not empty, or was.
        other: other keys, in one line each.
        changed: Redis's content is not what it was in the row before.
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


def rows(schedule: Schedule, names: "Names | None" = None) -> list[Row]:
    """The rows of `schedule`, from the starting state to what is wrong in the end. `names` learns the names."""
    names = names or Names()
    shown = {name: True for frame in schedule.frames for name, s in frame.content.streams.items() if s.entries}
    result, before = [], None
    for number, frame in enumerate(frame for frame in schedule.frames if frame.phase != "finish"):
        row = _row(schedule, frame, number, names, shown, before)
        result.append(row)
        before = (row.streams, row.other)
    if finish := [frame for frame in schedule.frames if frame.phase == "finish"]:
        result.append(_finish_row(finish, names, shown, before))
    return result + [Row("finding", finding.kind, names.short(finding.message)) for finding in schedule.findings]


class Names:
    """e1, e2, … for entry ids."""

    def __init__(self):
        self.known = {}

    def short(self, words: str) -> str:
        return _ENTRY_ID.sub(lambda match: self.known.setdefault(match[0], f"e{len(self.known) + 1}"), words)


def wrap(words: str, width: int = WIDTH) -> list[str]:
    """`words` in lines of about `width` characters; at most two lines, unless there is more room than usual."""
    longest = 2 * width if width == WIDTH else 1000
    words = words if len(words) <= longest else words[: longest - 1] + "…"
    return textwrap.wrap(words, width, subsequent_indent="  ") or [""]


def _row(schedule: Schedule, frame: Frame, number: int, names: Names, shown: dict, before) -> Row:
    streams, other = _state(frame, names, shown)
    lanes = schedule.lanes
    common = {
        "number": number,
        "effects": tuple(" ".join(map(str, effect)) for effect in frame.effects),
        "woken": tuple(lanes.index(lane) for lane in frame.woken),
        "streams": streams,
        "other": other,
        "changed": (streams, other) != before,
        "over": frozenset(at for at, lane in enumerate(lanes) if _is_over(frame, lane)),
    }
    choice = frame.choice
    if choice is None:
        return Row("start", "the start", **common)
    if choice.lane is None:
        why = "though somebody could act" if choice.is_fault else "everybody waits"
        return Row("time", f"{choice.seconds:g} s pass", why, **common)
    lane = lanes.index(choice.lane)
    if choice.kind == "crash":
        return Row("crash", f"{choice.lane} crashes", lane=lane, **common)
    command = names.short(frame.command.removeprefix("# "))
    reply = names.short(frame.reply)
    if frame.command.startswith("#"):
        return Row("step", command, lane=lane, **common)
    if said := SAID.get(choice.kind):
        reply = said if choice.kind == "lose_reply" else f"{said}: {reply}" if reply else said
    elif frame.parked:
        reply = "nothing there: it blocks"
    mark = choice.kind if choice.is_fault else ""
    return Row("step", command, reply, lane=lane, mark=mark, parked=frame.parked, **common)


def _finish_row(frames: list[Frame], names: Names, shown: dict, before) -> Row:
    """All of the healthy one's work in one row: what matters is what it found to do."""
    effects = [" ".join(map(str, effect)) for frame in frames for effect in frame.effects]
    if len(effects) > MOST:
        effects[MOST:] = [f"and {len(effects) - MOST} more"]
    streams, other = _state(frames[-1], names, shown)
    changed = (streams, other) != before
    found = "" if effects else "and find nothing to do"
    return Row(
        "finish", "healthy ones finish", found, effects=tuple(effects), streams=streams, other=other, changed=changed
    )  # fmt: skip


def _state(frame: Frame, names: Names, shown: dict) -> tuple[dict[str, Shelf], tuple[str, ...]]:
    streams = {name: _shelf(frame.content.streams.get(name), names) for name in shown}
    other = [
        names.short(f"{key} = {_brief(value)}")
        for key, value in frame.content.keys.items()
        if not isinstance(value, Stream)
    ]
    return streams, tuple(other)


def _shelf(stream: Stream | None, names: Names) -> Shelf:
    if stream is None:
        return Shelf()
    rows = {row.id: row for group in stream.groups.values() for row in group.pending}
    entries = []
    for entry_id, fields in itertools.islice(stream.entries.items(), MOST):
        label = " ".join([names.short(entry_id), *_told(fields)])
        entries.append(Chip(label, pending=entry_id in rows))
    pel = []
    for entry_id, row in itertools.islice(rows.items(), MOST):
        label = f"{names.short(entry_id)} {row.consumer} · {row.idle} s"
        pel.append(Chip(label, pending=True, gone=entry_id not in stream.entries))
    return Shelf(_and_more(entries, len(stream.entries)), _and_more(pel, len(rows)))


def _and_more(chips: list[Chip], total: int) -> tuple[Chip, ...]:
    return tuple(chips) if total <= MOST else (*chips, Chip(f"and {total - MOST} more"))


def _told(fields: dict[str, str]) -> list[str]:
    told = [f"job {fields['id']}"] if "id" in fields else [" ".join(f"{k}={v}" for k, v in fields.items())[:16]]
    return told + ([f"try {fields['attempt']}"] if fields.get("attempt", "1") != "1" else [])


def _brief(value) -> str:
    if isinstance(value, dict):
        value = " ".join(f"{name}:{item}" for name, item in value.items())
    words = value if isinstance(value, str) else " ".join(map(str, value))
    return words if len(words) <= 40 else words[:39] + "…"


def _is_over(frame: Frame, lane: str) -> bool:
    return frame.outcomes.get(lane.partition("/")[0], "running") != "running"
