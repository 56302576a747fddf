"""The workers as a frame shows them. Pure."""

from collections.abc import Collection, Iterable, Mapping

from jobqueue.lab.crew import Member
from jobqueue.lab.journal import Event

JOBS_SHOWN = 16


def roster(
    members: Iterable[Member], pel: Mapping[str, int], running: Iterable[Event], ready: Collection[str]
) -> list[dict]:
    """One dict a worker.

    Args:
        pel: how much each has pending.
        running: the fetches of what runs now.
        ready: the names of those who were seen to ask for work.
    """
    jobs: dict[str, list[str]] = {}
    for event in running:
        jobs.setdefault(event.worker, []).append(event.job)
    return [
        {
            "name": member.name,
            "state": _state(member, pel.get(member.name, 0), member.name in ready),
            "pid": member.pid,
            "running": pel.get(member.name, 0),
            "done": member.done,
            "colour": member.number,
            "shape": member.number,
            "faults": member.faults,
            "jobs": jobs.get(member.name, [])[:JOBS_SHOWN] if member.alive else [],
        }
        for member in members
    ]


def _state(member: Member, held: int, ready: bool) -> str:
    if not member.alive:
        return "gone" if member.fired else "dead"
    if member.frozen:
        return "frozen"
    return "running" if held else "idle" if ready else "starting"
