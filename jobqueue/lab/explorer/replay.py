"""One schedule, step by step, with everything there is to see beside each step."""

from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue.lab.explorer.choices import choices as possible
from jobqueue.lab.explorer.content import Content, View, text
from jobqueue.lab.explorer.invariants import check
from jobqueue.lab.explorer.record import Choice, Finding, Record, shown
from jobqueue.lab.explorer.world import EPOCH, World


@dataclass(frozen=True)
class Frame:
    """One step of a schedule, and the world after it.

    Attributes:
        phase: "start" (the first frame: what setup left), "schedule", or "finish" (the healthy one clears up).
        choice: the scheduler's decision; None in the first frame.
        lane: whose step it was; None when time passed.
        command: what was sent, in one line; "" if nothing.
        reply: what Redis answered, in short; also when the program never saw it.
        parked: the command found nothing, and its program now blocks.
        woken: the lanes whose blocking read this step ended.
        effects: the effects recorded by the programs as they went on after this step.
        outcomes: by program: "running", "ended", "crashed", "raised …".
        content: Redis.
        now: virtual seconds since the schedule began.
    """

    phase: str
    choice: Choice | None
    lane: str | None
    command: str
    reply: str
    parked: bool
    woken: tuple[str, ...]
    effects: tuple[tuple, ...]
    outcomes: dict[str, str]
    content: Content
    now: float


@dataclass(frozen=True, repr=False)
class Schedule:
    """A schedule that was run: the decisions, a Frame for each, and what is wrong at its end.

    `choices` can be handed to `replay` again. Displays itself as a sequence diagram; `str()` is the same as text.
    """

    title: str
    lanes: tuple[str, ...]
    choices: tuple[Choice, ...]
    frames: tuple[Frame, ...]
    findings: tuple[Finding, ...] = ()

    def __len__(self):
        return len(self.choices)

    def __str__(self):
        from jobqueue.lab.explorer.plain import draw

        return draw(self)

    def __repr__(self):
        return f"<Schedule of {len(self)} steps: {', '.join(map(str, self.choices))}>"

    def _repr_pretty_(self, printer, cycle):
        printer.text(str(self))

    def _repr_html_(self):
        from jobqueue.lab.explorer.svg import draw

        return draw(self)


@dataclass(frozen=True)
class Position:
    """Where a schedule stands.

    Attributes:
        schedule: up to here; at its end, with what is wrong.
        choices: what can be decided next; empty at the end.
        commands: what each lane would send next, in one line.
    """

    schedule: Schedule
    choices: tuple[Choice, ...]
    commands: dict[str, str]


def replay_in(world: World, choices: Iterable[Choice], *, anywhere: bool = False) -> Position:
    """Run `choices`, within `with world`, which is prepared.

    At its end (or `anywhere`) the healthy one clears up and the invariants are checked. Raises
    ValueError if one of the choices is not possible where it comes.
    """
    scenario = world.scenario
    world.begin([])
    world.content = world.server.look()
    frames, findings, choices = [_frame(world, "start", None, 0)], [], tuple(choices)
    for at, choice in enumerate(choices):
        if choice not in possible(world):
            raise ValueError(f"step {at + 1}, {choice}: not possible here. Has the function changed since?")
        seen = len(world.effects)
        record = world.apply(choice, look=True)
        frames.append(_frame(world, "schedule", record, seen))
        findings = check(scenario.always, _view(world))
        if findings:
            break
    following = [] if findings else possible(world, frames[-1].lane)
    commands = {lane: shown(tuple(request.steps[0]), world.script_names) for lane, request in world.pending.items()}
    if not findings and (anywhere or not following):
        if not following:
            world.end()
        findings = list(world.findings)
        if not world.broken:
            findings += _finish(world, frames)
    lanes = tuple(dict.fromkeys([*world.processes, *(frame.lane for frame in frames if frame.lane)]))
    lanes = tuple(lane for lane in lanes if lane != "finish")
    schedule = Schedule(scenario.title, lanes, choices, tuple(frames), tuple(findings))
    return Position(schedule, tuple(following), commands)


def _finish(world: World, frames: list[Frame]) -> list[Finding]:
    outcomes = frames[-1].outcomes
    seen = len(world.effects)
    world.findings.clear()

    def watch(record: Record) -> None:
        nonlocal seen
        frames.append(_frame(world, "finish", record, seen, outcomes))
        seen = len(world.effects)

    world.finish(watch)
    world.content = world.server.look()
    return list(world.findings) + check(world.scenario.invariants, _view(world, outcomes))


def _view(world: World, outcomes: dict | None = None) -> View:
    outcomes = outcomes or {process.name: process.outcome for process in world.active}
    return View(world.content, world.start, tuple(world.effects), outcomes, world.loop.now - EPOCH, world.used)


def _frame(world: World, phase: str, record: Record | None, seen: int, outcomes: dict | None = None) -> Frame:
    choice = record.choice if record else None
    return Frame(
        phase=phase,
        choice=choice,
        lane=choice.lane if choice else None,
        command=shown(record.commands, world.script_names) if record and record.commands else "",
        reply=_short(record) if record and record.raw else "",
        parked=bool(record and record.commands and record.replies is None),
        woken=tuple(lane for lane, _ in record.woken) if record else (),
        effects=tuple(world.effects[seen:]),
        outcomes=outcomes or {process.name: process.outcome for process in world.active},
        content=world.content,
        now=world.loop.now - EPOCH,
    )


def _short(record: Record, width: int = 60) -> str:
    """A reply in one line: `1`, `nil`, `[…]`; of a transaction, what EXEC answered."""
    words = _words(record.raw[-1]) or "nothing"
    return words if len(words) <= width else words[: width - 1] + "…"


def _words(reply) -> str:
    if reply is None:
        return "nil"
    if isinstance(reply, Exception):
        return f"{reply}"
    if not isinstance(reply, list):
        return text(reply)
    if len(reply) == 2 and isinstance(reply[1], list) and not isinstance(reply[0], list):
        inner = _words(reply[1])  # an entry and its fields, or a stream and its entries
        return (
            f"{text(reply[0])}: {inner}"
            if isinstance(next(iter(reply[1]), None), list)
            else f"{text(reply[0])} {{{inner}}}"
        )
    return (" | " if reply and isinstance(reply[0], list) else " ").join(map(_words, reply))
