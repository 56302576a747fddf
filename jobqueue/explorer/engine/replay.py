"""One schedule, run again step by step, with a frame of everything there is to see after each step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jobqueue.explorer.engine.choices import choices as possible
from jobqueue.explorer.engine.simulation import EPOCH, Simulation
from jobqueue.explorer.record import Choice, Effect, Finding, Record, Reply, describe
from jobqueue.explorer.redis_seam.content import Content, text
from jobqueue.explorer.redis_seam.server import until_in_time


@dataclass(frozen=True)
class Frame:
    """One step of a schedule, and the world after it.

    Attributes:
        phase: "start" (the first frame, after setup), "schedule", or "finish" (the healthy worker clears up).
        choice: the scheduler's decision; None in the first frame.
        lane: the lane that took the step; None when time passed.
        command: the command in one line; "" if none was sent.
        reply: Redis's answer, in short, even if the program never got it.
        parked: there was nothing to read, so the program now blocks.
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
    effects: tuple[Effect, ...]
    outcomes: dict[str, str]
    content: Content
    now: float


@dataclass(frozen=True, repr=False)
class Schedule:
    """A schedule that was run: the decisions, a Frame for each, and the findings at its end.

    You can hand `choices` to `replay` again. It displays itself as a sequence diagram; `str()` is the same as text.
    """

    title: str
    lanes: tuple[str, ...]
    choices: tuple[Choice, ...]
    frames: tuple[Frame, ...]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.choices)

    def __str__(self) -> str:
        from jobqueue.explorer.report.plain import draw

        return draw(self)

    def __repr__(self) -> str:
        return f"<Schedule of {len(self)} steps: {', '.join(map(str, self.choices))}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from jobqueue.explorer.report.svg import image

        return image(self)


@dataclass(frozen=True)
class Position:
    """A point in a schedule.

    Attributes:
        schedule: up to here; at its end, with the findings.
        choices: those that are possible next; empty at the end.
        commands: the command that each lane would send next, in one line.
    """

    schedule: Schedule
    choices: tuple[Choice, ...]
    commands: dict[str, str]


def replay_in(simulation: Simulation, choices: Iterable[Choice], *, anywhere: bool = False) -> Position:
    """Run `choices`, within `with simulation`, which is prepared.

    At its end (or `anywhere`) the healthy worker clears up, and the invariants are checked. Raises
    ValueError if one of the choices is not possible where it comes.
    """
    choices = tuple(choices)
    return until_in_time(lambda: _replay(simulation, choices, anywhere))


def _replay(simulation: Simulation, choices: tuple[Choice, ...], anywhere: bool) -> Position:
    scenario = simulation.scenario
    run = simulation.begin([])
    frames = [_frame(simulation, "start", None, 0)]
    findings = _follow(simulation, choices, frames)
    following = [] if findings else possible(run, frames[-1].lane)
    names = simulation.script_names
    commands = {lane: describe(tuple(request.steps[0]), names) for lane, request in run.pending.items()}
    if not findings and (anywhere or not following):
        if not following:
            run.end()
        findings = list(run.findings)
        if not run.broken:
            findings += _finish(simulation, frames)
    lanes = dict.fromkeys([*simulation.processes, *(frame.lane for frame in frames if frame.lane)])
    lanes.pop("finish", None)
    schedule = Schedule(scenario.title, tuple(lanes), choices, tuple(frames), tuple(findings))
    return Position(schedule, tuple(following), commands)


def _follow(simulation: Simulation, choices: tuple[Choice, ...], frames: list[Frame]) -> list[Finding]:
    """Take one choice after the other, and add a frame for each. Returns the objections of `always`."""
    run = simulation.run
    for number, choice in enumerate(choices, start=1):
        if choice not in possible(run):
            raise ValueError(f"step {number}, {choice}: not possible here. Has the function changed since?")
        before = len(run.effects)
        record = run.apply(choice, look=True)
        frames.append(_frame(simulation, "schedule", record, before))
        if findings := simulation.check(simulation.scenario.always):
            return findings
    return []


def _finish(simulation: Simulation, frames: list[Frame]) -> list[Finding]:
    outcomes = frames[-1].outcomes
    before = len(simulation.run.effects)

    def add_frame(record: Record) -> None:
        nonlocal before
        frames.append(_frame(simulation, "finish", record, before, outcomes))
        before = len(simulation.run.effects)

    return simulation.finish(add_frame)


def _frame(
    simulation: Simulation, phase: str, record: Record | None, before: int, outcomes: dict[str, str] | None = None
) -> Frame:
    """The frame after `record`; `before` is how many effects there were before it."""
    run = simulation.run
    choice = record.choice if record else None
    return Frame(
        phase=phase,
        choice=choice,
        lane=choice.lane if choice else None,
        command=describe(record.commands, simulation.script_names) if record and record.commands else "",
        reply=shorten(record) if record and record.raw else "",
        parked=bool(record and record.commands and record.replies is None),
        woken=tuple(lane for lane, _ in record.woken) if record else (),
        effects=tuple(run.effects[before:]),
        outcomes=outcomes or run.outcomes(),
        content=run.look(),
        now=run.loop.now - EPOCH,
    )


def shorten(record: Record, width: int = 60) -> str:
    """A reply in one line: `1`, `nil`, `[…]`; of a transaction, EXEC's answer."""
    words = _words(record.raw[-1]) or "nothing"
    return words if len(words) <= width else words[: width - 1] + "…"


def _words(reply: Reply) -> str:
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
