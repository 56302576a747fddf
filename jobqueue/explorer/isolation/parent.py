"""The notebook's side: hand a scenario to a warm child process, pass on its progress, and never hang."""

import asyncio
import atexit
import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeAlias

import cloudpickle

from jobqueue.errors import BadSetting
from jobqueue.explorer.engine.lines import Line
from jobqueue.explorer.engine.replay import Position, Schedule
from jobqueue.explorer.isolation import pickles
from jobqueue.explorer.isolation.handle import ChildProcess, Gone, Lost
from jobqueue.explorer.isolation.messages import STOP, Progress
from jobqueue.explorer.record import Choice
from jobqueue.explorer.report.summary import VIOLATED, Problem, Report
from jobqueue.explorer.scenario import Bounds, Scenario

#: Seconds of silence after which a child is killed. It reports after each schedule, and deals by itself with a program
#: that computes or blocks without end. This is long because one schedule may take long on a busy machine.
SILENCE = 60.0
START = 120.0  # the same for its first word: a cold disk may be slow

#: What is called with each progress.
OnProgress: TypeAlias = Callable[[Progress], Any]

#: Modules that a child imports before it forks, so that no fork has to. Add yours if your scenarios use it.
PRELOAD: list[str] = []

_idle: list[ChildProcess] = []


async def explore(
    scenario: Scenario,
    *,
    seconds: float | None = None,
    schedules: int | None = None,
    steps: int = 100,
    recognise: bool = True,
    reduce: bool = True,
    lines: Iterable[Line] = (),
    on_progress: OnProgress = lambda progress: None,
) -> Report:
    """Run every schedule of `scenario` within its faults, and report the problems: those so far, if you interrupt it.

    Raises RuntimeError if the scenario's own setup fails.

    Args:
        seconds, schedules, steps: bounds, see `Bounds`. Without `seconds` and `schedules` the search is exhaustive.
        recognise: explore equal states once. It changes no number but `states`, `runs` and `seconds`.
        reduce: run steps that commute in one order only. It changes no number but `runs` and `seconds`.
        lines: (file, line) of the programs' code; the report says which of them never ran.
        on_progress: called immediately, and then about ten times per second.
    """
    latest = _Latest(on_progress)
    latest(Progress())
    bounds = Bounds(schedules, seconds, steps)
    options = {"bounds": bounds, "recognise": recognise, "reduce": reduce, "lines": tuple(lines)}
    try:
        report: Report = await _ask("explore", scenario, options, latest)
        return replace(report, source=(scenario, bounds))
    except Lost as lost:
        last, problem = latest.progress, Problem(lost.kind, str(lost), None, (), 1, None)
        return Report(scenario.title, VIOLATED, lost.kind, (problem,), 0, 0, last.states, last.runs, last.seconds)


class _Latest:
    """Keeps the latest progress, and passes each on."""

    def __init__(self, on_progress: OnProgress):
        self.on_progress = on_progress

    def __call__(self, progress: Progress) -> None:
        self.progress = progress
        self.on_progress(progress)


async def draw_map(scenario: Scenario, bounds: Bounds) -> str:
    """Explore `scenario` again, and return a page of all its states as HTML; see `Report.save`."""
    html: str = await _ask("map", scenario, {"bounds": bounds}, lambda progress: None)
    return html


async def replay(scenario: Scenario, schedule: Schedule | list[Choice]) -> Schedule:
    """Run one schedule again, and return it with a Frame for each step.

    A list of choices may stop half-way. Then `finish` doesn't run, and the invariants aren't asked.

    Raises ValueError if the programs have changed and the schedule is no longer possible.
    """
    return (await position(scenario, schedule)).schedule


async def position(scenario: Scenario, schedule: Schedule | list[Choice]) -> Position:
    """Run a schedule as `replay` does, and return it with the choices that are possible next."""
    choices = schedule.choices if isinstance(schedule, Schedule) else tuple(schedule)
    options = {"choices": choices, "anywhere": isinstance(schedule, Schedule)}
    return await _ask("replay", scenario, options, lambda progress: None)


async def _ask(kind: str, scenario: Scenario, options: dict[str, Any], on_progress: OnProgress) -> Any:
    request = {
        "kind": kind,
        "payload": _pickle((scenario, options)),
        "path": sys.path,
        "folder": os.getcwd(),
        "preload": tuple(PRELOAD),
    }
    if child := _take_idle():
        with contextlib.suppress(Gone):  # killed by hand perhaps, since the last request
            return await _ask_child(child, request, on_progress)
    return await _ask_child(ChildProcess(), request, on_progress)


async def _ask_child(child: ChildProcess, request: dict[str, Any], on_progress: OnProgress) -> Any:
    usable = False
    try:
        if not child.ready:
            _content(await child.receive(START))  # its first word
            child.ready = True
        await child.send(request)
        answer = await _listen(child, on_progress)
        usable = True
    finally:
        if usable:
            _idle.append(child)
        else:
            child.kill()
    return _content(answer)


def _take_idle() -> ChildProcess | None:
    while _idle:
        child = _idle.pop()
        if child.process.poll() is None:
            return child
        child.kill()
    return None


async def _listen(child: ChildProcess, on_progress: OnProgress) -> tuple[str, Any]:
    """Receive progress, then the answer. A first interrupt asks the child to stop; a second one gives up on it."""
    stopping = False
    while True:
        try:
            kind, content = await child.receive(SILENCE)
        except asyncio.CancelledError:
            if stopping:
                raise
            stopping = True
            await child.send(STOP)
            continue
        if kind != "progress":
            return kind, content
        on_progress(content)


def _content(answer: tuple[str, Any]) -> Any:
    kind, content = answer
    if kind == "failed":
        raise content
    if kind == "lost":
        raise Lost(*content)
    return content


def _pickle(value: object) -> bytes:
    """Pickle by value all code that may be edited while a child is warm: it would have the old version."""
    from_files = [module for module in list(sys.modules.values()) if _may_change(module)]
    for module in from_files:
        cloudpickle.register_pickle_by_value(module)
    try:
        return pickles.dumps(value)
    except Exception as error:  # a __reduce__ may raise anything
        raise BadSetting(
            f"it can't be sent to the explorer's process: {error}. "
            "Does a function use this notebook's redis or world? It may only use its own"
        ) from None
    finally:
        for module in from_files:
            cloudpickle.unregister_pickle_by_value(module)


def _may_change(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    name = getattr(module, "__name__", "")
    installed = file.startswith((sys.prefix, sys.base_prefix)) or "site-packages" in file
    return bool(file) and not installed and name != "__main__" and name.partition(".")[0] != "jobqueue"


@atexit.register
def close() -> None:
    """End the warm children. They'd die with this process anyway, but a moment later."""
    while _idle:
        with contextlib.suppress(OSError):
            _idle.pop().kill()
