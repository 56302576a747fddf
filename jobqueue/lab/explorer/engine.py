"""The whole way from a scenario to a report, in this process. `explore` does the same in a child that can be killed."""

from jobqueue.lab.explorer.replay import Position, Schedule, replay_in
from jobqueue.lab.explorer.report import HOLDS, HOLDS_WITHIN, NOTHING_KNOWN, VIOLATED, Problem, Report, summarise
from jobqueue.lab.explorer.scenario import Bounds, Scenario
from jobqueue.lab.explorer.search import Search, real_monotonic
from jobqueue.lab.explorer.server import Server
from jobqueue.lab.explorer.shrink import shrink
from jobqueue.lab.explorer.world import World

#: Steps of the longest schedule that is drawn: nobody would read a longer one.
LONGEST = 300


def explore_here(
    scenario: Scenario,
    server: Server,
    bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
    *,
    recognise: bool = True,
    on_progress=lambda search: False,
    on_world=lambda world: None,
) -> Report:
    """Explore `scenario` on `server`, whose content is erased. Raises RuntimeError if its setup fails.

    `on_progress(search)` is called after each schedule; if it returns True, the report is of what is known by then.
    `on_world(world)` is called once, before anything runs.
    """
    search = Search(scenario, server, bounds, recognise=recognise)
    on_world(search.world)
    with search.world as world:
        search.run(on_progress)
        schedules, losing, found = summarise(search.graph)
        problems = tuple(
            Problem(finding.kind, finding.message, finding.program, faults, count, _replay(world, finding, choices))
            for finding, faults, count, choices in found
        )
    verdict = VIOLATED if problems else HOLDS if not search.bound else HOLDS_WITHIN if schedules else NOTHING_KNOWN
    seconds = real_monotonic() - search.started
    states = search.graph.states
    return Report(
        scenario.title,
        verdict,
        search.bound,
        problems,
        schedules,
        losing,
        states,
        search.runs,
        seconds,
        scenario.faults.words(),
    )


def replay_here(scenario, server, choices, *, anywhere=False, max_steps=100, on_world=lambda world: None) -> Position:
    """Run one schedule, as `replay_in` does, on `server`, whose content is erased."""
    world = World(scenario, server, max_steps)
    on_world(world)
    with world:
        world.prepare()
        return replay_in(world, choices, anywhere=anywhere)


def _replay(world: World, finding, choices) -> Schedule | None:
    """The simplest schedule that ends in `finding`; None if it cannot be run again to the same end, or is too long."""
    if finding.kind in ("not deterministic", "spins") or len(choices) > LONGEST:
        return None
    return shrink(world, finding, choices)
