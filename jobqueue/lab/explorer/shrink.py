"""The shortest schedule, without the programs that make no difference.

The graph knows the shortest complete schedule. In it, programs that have nothing to do with the matter still go to
their end. Here they never begin: the healthy one finishes before their first step. Nobody is stopped half-way: that
would be a crash in disguise.
"""

from jobqueue.lab.explorer.record import Choice, Finding
from jobqueue.lab.explorer.replay import Schedule, replay_in
from jobqueue.lab.explorer.world import World


def shrink(world: World, finding: Finding, choices: list[Choice]) -> Schedule:
    """The Schedule of `choices`, less every program, and every passing of time, without which it ends in the same kind
    of finding. Its faults stay."""
    best = replay_in(world, choices).schedule
    if not _same(best, finding):
        return best
    for name in world.processes:
        best = _try(world, finding, best, [choice for choice in best.choices if _program(choice) != name])
    for at in range(len(best.choices) - 1, -1, -1):
        if best.choices[at].kind == "wait":
            best = _try(world, finding, best, [*best.choices[:at], *best.choices[at + 1 :]])
    return best


def _try(world: World, finding: Finding, best: Schedule, choices: list[Choice]) -> Schedule:
    if len(choices) == len(best) or _faults(choices) != _faults(best.choices):
        return best
    try:
        shorter = replay_in(world, choices, anywhere=True).schedule
    except ValueError:  # without that step, another is not possible
        return best
    return shorter if _same(shorter, finding) else best


def _program(choice: Choice) -> str | None:
    return choice.lane and choice.lane.partition("/")[0]


def _faults(choices) -> list[str]:
    return [choice.kind for choice in choices if choice.is_fault]


def _same(schedule: Schedule, finding: Finding) -> bool:
    return any((found.kind, found.program) == (finding.kind, finding.program) for found in schedule.findings)
