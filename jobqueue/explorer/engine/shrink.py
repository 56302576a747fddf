"""The shortest schedule, without the programs that make no difference.

The graph knows the shortest complete schedule. In it, programs that have nothing to do with the fault still run to
their end. Here they never start, because `finish` comes before their first step. No program is stopped half-way, as
that would be a crash in disguise.
"""

from collections.abc import Callable, Iterable

from jobqueue.explorer.engine.replay import Schedule, replay_in
from jobqueue.explorer.engine.simulation import Simulation
from jobqueue.explorer.record import Choice, Finding


def shrink(
    simulation: Simulation,
    finding: Finding,
    choices: list[Choice],
    stops: Callable[[], bool] = lambda: False,
) -> Schedule:
    """Run `choices`, and leave out each program and each wait without which it still ends in the same kind of finding.
    Its faults stay. `stops()` is asked before each try, and ends them.

    A program without an end would only go round once more in place of each wait that's left out.
    """
    best = replay_in(simulation, choices).schedule
    if finding.kind == "endless" or not _same(best, finding):
        return best
    for name in simulation.processes:
        if stops():
            return best
        best = _try(simulation, finding, best, [choice for choice in best.choices if _program(choice) != name])
    for at in range(len(best.choices) - 1, -1, -1):
        if best.choices[at].kind == "wait":
            if stops():
                return best
            best = _try(simulation, finding, best, [*best.choices[:at], *best.choices[at + 1 :]])
    return best


def _try(simulation: Simulation, finding: Finding, best: Schedule, choices: list[Choice]) -> Schedule:
    if len(choices) == len(best) or _faults(choices) != _faults(best.choices):
        return best
    try:
        shorter = replay_in(simulation, choices, anywhere=True).schedule
    except Exception:  # a later step needs the one left out, or an invariant assumes that it happened
        return best
    return shorter if _same(shorter, finding) else best


def _program(choice: Choice) -> str | None:
    return choice.lane and choice.lane.partition("/")[0]


def _faults(choices: Iterable[Choice]) -> list[str]:
    return [choice.kind for choice in choices if choice.is_fault]


def _same(schedule: Schedule, finding: Finding) -> bool:
    return any((other.kind, other.program) == (finding.kind, finding.program) for other in schedule.findings)
