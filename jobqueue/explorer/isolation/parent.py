"""The notebook's side: hand a scenario to a warm child process, and make a report of whatever comes of it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from jobqueue.explorer.engine.lines import Line
from jobqueue.explorer.engine.replay import Position, Schedule
from jobqueue.explorer.isolation.handle import Lost
from jobqueue.explorer.isolation.messages import Progress
from jobqueue.explorer.isolation.session import OnProgress, Session
from jobqueue.explorer.record import Choice
from jobqueue.explorer.report.summary import VIOLATED, Problem, Report
from jobqueue.explorer.scenario import Bounds, Scenario


async def explore(
    scenario: Scenario,
    *,
    seconds: float | None = None,
    schedules: int | None = None,
    steps: int = 100,
    states: int | None = None,
    recognise: bool = True,
    reduce: bool = True,
    lines: Iterable[Line] = (),
    on_progress: OnProgress = lambda progress: None,
    session: Session | None = None,
) -> Report:
    """Run every schedule of `scenario` within its faults, and report the problems: those so far, if you interrupt it.

    Raises RuntimeError if the scenario's own setup fails.

    Args:
        seconds, schedules, steps, states: bounds, see `Bounds`. Without all but `steps` the search is exhaustive.
        recognise: explore equal states once. It changes no number but `states`, `runs` and `seconds`.
        reduce: run steps that commute in one order only. It changes no number but `runs` and `seconds`.
        lines: (file, line) of the programs' code; the report says which of them never ran.
        on_progress: called immediately, and then about ten times per second.
        session: the one to use, if more explorations of the same code follow. It saves the time of a fork.
    """
    latest = _Latest(on_progress)
    latest(Progress())
    bounds = Bounds(schedules, seconds, steps, states)
    options = {"bounds": bounds, "recognise": recognise, "reduce": reduce, "lines": tuple(lines)}
    try:
        report: Report = await _ask("explore", scenario, options, latest, session)
        return replace(report, source=(scenario, bounds))
    except Lost as lost:
        return report_loss(scenario, lost, latest.progress)


def report_loss(scenario: Scenario, lost: Lost, last: Progress) -> Report:
    """The report of a search that a program ended, by ending or blocking its process."""
    problem = Problem(lost.kind, str(lost), None, (), 1, None)
    return Report(scenario.title, VIOLATED, lost.kind, (problem,), 0, 0, last.states, last.runs, last.seconds)


class _Latest:
    """Keeps the latest progress, and passes each on."""

    def __init__(self, on_progress: OnProgress):
        self.on_progress = on_progress

    def __call__(self, progress: Progress) -> None:
        self.progress = progress
        self.on_progress(progress)


async def draw_map(scenario: Scenario, bounds: Bounds, session: Session | None = None) -> str:
    """Explore `scenario` again, and return a page of all its states as HTML; see `Report.save`."""
    html: str = await _ask("map", scenario, {"bounds": bounds}, session=session)
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
    return await _ask("replay", scenario, options)


async def _ask(
    kind: str,
    scenario: Scenario,
    options: dict[str, Any],
    on_progress: OnProgress = lambda progress: None,
    session: Session | None = None,
) -> Any:
    if session:
        return await session.ask(kind, scenario, options, on_progress)
    async with Session() as own:
        return await own.ask(kind, scenario, options, on_progress)
