"""Explore a scenario in this very process, and report. `explore` does the same in a child that can be killed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from jobqueue.explorer.engine.atlas import Atlas
from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.lines import Line, UnrunLines
from jobqueue.explorer.engine.merge import Merge
from jobqueue.explorer.engine.part import Part, PartOfSearch, Prefix
from jobqueue.explorer.engine.replay import Position, Schedule, replay_in
from jobqueue.explorer.engine.run import NEVER_AGAIN
from jobqueue.explorer.engine.search import Search
from jobqueue.explorer.engine.shrink import shrink
from jobqueue.explorer.engine.simulation import Simulation
from jobqueue.explorer.record import Choice, Finding
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.report.summary import HOLDS, HOLDS_WITHIN, NOTHING_KNOWN, VIOLATED, Problem, Report, summarise
from jobqueue.explorer.report.walk import page
from jobqueue.explorer.scenario import Bounds, Scenario

#: Steps of the longest schedule that is drawn. A longer one is no help to a reader.
LONGEST = 300


def explore_here(
    scenario: Scenario,
    server: SteppedServer,
    bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
    *,
    recognise: bool = True,
    reduce: bool = True,
    lines: Iterable[Line] = (),
    on_progress: Callable[[Search], bool] = lambda search: False,
    on_start: Callable[[Simulation], Any] = lambda simulation: None,
) -> Report:
    """Explore `scenario` on `server`, whose content is erased. Raises RuntimeError if its setup fails.

    `on_progress(search)` is called after each schedule, also while one is made shorter. If it returns True, the search
    stops and the report is partial.
    `on_start(simulation)` is called once, before anything runs.
    """
    search = Search(scenario, server, bounds, recognise=recognise, reduce=reduce)
    on_start(search.simulation)
    with search.simulation:
        with UnrunLines(lines) as unrun:
            search.run(on_progress)
        return replace(_report(search, on_progress), unrun=frozenset(unrun.left))


def map_here(
    scenario: Scenario,
    server: SteppedServer,
    bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
    *,
    on_progress: Callable[[Search], bool] = lambda search: False,
    on_start: Callable[[Simulation], Any] = lambda simulation: None,
) -> str:
    """Explore `scenario` as `explore_here` does, and return a page on which one can walk through all its states."""
    atlas = Atlas()
    search = Search(scenario, server, bounds, reduce=False, atlas=atlas)
    atlas.names = search.simulation.script_names
    on_start(search.simulation)
    with search.simulation:
        search.run(on_progress)
        report = _report(search, on_progress)
    graph = search.graph
    atlas.findings = {state: [(one.kind, one.message) for one in some] for state, some in graph.findings.items()}
    atlas.schedules = graph.count_from(graph.findings)
    atlas.losing = graph.count_from({state for state, findings in graph.findings.items() if findings})
    atlas.problems = [
        (f"{problem.kind} by {problem.by}: {problem.message}", summary.choices)
        for problem, summary in zip(report.problems, summarise(graph)[2], strict=True)
    ]
    return page(report, atlas)


def explore_part_here(
    scenario: Scenario,
    server: SteppedServer,
    bounds: Bounds,
    prefixes: Iterable[Prefix],
    elsewhere: frozenset[bytes],
    *,
    on_progress: Callable[[Search], bool] = lambda search: False,
    on_start: Callable[[Simulation], Any] = lambda simulation: None,
) -> Part:
    """Explore `scenario` from `prefixes`, and go on from no state in `elsewhere`."""
    search = PartOfSearch(scenario, server, bounds, prefixes, elsewhere)
    on_start(search.simulation)
    with search.simulation:
        search.run(on_progress)
        return search.part()


def report_here(
    scenario: Scenario,
    server: SteppedServer,
    merge: Merge,
    bound: str | None,
    *,
    on_progress: Callable[[Search], bool] = lambda search: False,
    on_start: Callable[[Simulation], Any] = lambda simulation: None,
) -> Report:
    """Report what the parts of a search have met, as `explore_here` does."""
    search = Search(scenario, server, Bounds())
    search.graph, search.diamonds, search.runs, search.bound = merge.graph, merge.diamonds, merge.runs, bound
    on_start(search.simulation)
    with search.simulation:
        search.simulation.prepare()
        return _report(search, on_progress)


def _report(search: Search, on_progress: Callable[[Search], bool]) -> Report:
    """The report of a search that is over, with the simplest schedule of each problem."""
    scenario, stopped = search.scenario, search.bound == "interrupted"

    def stops() -> bool:
        nonlocal stopped
        stopped = stopped or on_progress(search)
        return stopped

    search.graph.sort()
    schedules, losing, summaries = summarise(search.graph)
    problems = tuple(
        Problem(finding.kind, finding.message, finding.program, faults, count, _replay(search, finding, choices, stops))
        for finding, faults, count, choices in summaries
    )
    return Report(
        scenario.title,
        VIOLATED if problems else HOLDS if not search.bound else HOLDS_WITHIN if schedules else NOTHING_KNOWN,
        search.bound,
        problems,
        schedules,
        losing,
        states=search.graph.states,
        runs=search.runs,
        seconds=real_monotonic() - search.started,
        faults=scenario.faults.words(),
        stories=search.diamonds.stories(search.graph.edges) if search.diamonds and not search.bound else None,
    )


def replay_here(
    scenario: Scenario,
    server: SteppedServer,
    choices: Iterable[Choice],
    *,
    anywhere: bool = False,
    max_steps: int = 100,
    on_start: Callable[[Simulation], Any] = lambda simulation: None,
) -> Position:
    """Run one schedule, as `replay_in` does, on `server`, whose content is erased."""
    simulation = Simulation(scenario, server, max_steps)
    on_start(simulation)
    with simulation:
        simulation.prepare()
        return replay_in(simulation, choices, anywhere=anywhere)


def _replay(search: Search, finding: Finding, choices: list[Choice], stops: Callable[[], bool]) -> Schedule | None:
    """The simplest schedule that ends in `finding`; None if it's too long, or can't be run again to the same end."""
    if finding.kind in ("not deterministic", *NEVER_AGAIN) or len(choices) > LONGEST:
        return None
    return shrink(search.simulation, finding, choices, stops)
