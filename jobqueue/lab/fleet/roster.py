"""The workers as a frame shows them. Pure."""

from collections.abc import Collection, Iterable, Mapping

from jobqueue.lab.fleet.members import Member
from jobqueue.lab.recording.frame import Event, WorkerRow, WorkerState

JOBS_SHOWN = 16


def roster(
    members: Iterable[Member], pel: Mapping[str, int], running: Iterable[Event], ready: Collection[str]
) -> list[WorkerRow]:
    """One row per worker.

    Args:
        pel: how many entries each has pending.
        running: the fetches of jobs that run now.
        ready: the names of workers that have asked for work.
    """
    jobs: dict[str, list[str]] = {}
    for event in running:
        jobs.setdefault(event.worker, []).append(event.job)
    return [
        WorkerRow(
            name=member.name,
            state=_state(member, pel.get(member.name, 0), member.name in ready),
            running=pel.get(member.name, 0),
            done=member.done,
            colour=member.number,
            shape=member.number,
            program=bool(member.program),
            pid=member.pid,
            faults=member.faults,
            jobs=jobs.get(member.name, [])[:JOBS_SHOWN] if member.alive else [],
        )
        for member in members
    ]


def _state(member: Member, held: int, ready: bool) -> WorkerState:
    if not member.alive:
        return "gone" if member.fired else "dead"
    if member.frozen:
        return "frozen"
    if member.program:  # it may be at work with nothing pending, or with more pending than it works on
        return "running"
    if ready and not held:
        return "idle"
    return "running" if held else "starting"
