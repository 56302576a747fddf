"""Words that several pictures share."""

from collections.abc import Sequence
from math import ceil

from jobqueue.lab.recording.frame import PelRow, WorkerRow, WorldFrame

AWAY = {
    "up": "",
    "down": "Redis is down: the picture shows the last known state",
    "paused": "Redis doesn't answer: the whole world stands still",
}


def away(frame: WorldFrame) -> str:
    """The title of a picture while Redis is away; "" while it's up."""
    return AWAY[frame.redis]


def in_force(frame: WorldFrame, word: str) -> str:
    """The label of the latest mark that still lasts and has this word in it."""
    lasting = (mark.label for mark in reversed(frame.marks) if mark.lasts)
    return next((label for label in lasting if word in label), "")


def recounted(frame: WorldFrame) -> str:
    """The latest marks in words."""
    words = []
    for mark in frame.marks[-3:]:
        lasted = ", and lasts" if mark.lasts else f", for {mark.end - mark.t:.1f} s" if mark.end > mark.t else ""
        words.append(f"{mark.label} at {mark.t:.1f} s{lasted}")
    return "; ".join(words) or "none"


def ailing(worker: WorkerRow, room: int) -> str:
    """Words for what's wrong with a worker, in at most `room` letters: all of it, or the latest and how much more."""
    faults, words = worker.faults, ", ".join(worker.faults)
    return words if len(words) <= room or len(faults) < 2 else f"{faults[-1]}, +{len(faults) - 1}"


def lease_left(rows: Sequence[PelRow], lease: float) -> int:
    """Seconds until the first of these entries' leases is over, rounded up; 0 or less if one is over."""
    return ceil(lease - max(row.idle for row in rows))


def counted(n: int, noun: str) -> str:
    """1 job; 1,200 jobs."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def are(workers: list[WorkerRow]) -> str:
    """ada is; ada and ben are; 3 are."""
    names = [worker.name for worker in workers]
    return f"{names[0]} is" if len(names) == 1 else f"{' and '.join(names) if len(names) == 2 else len(names)} are"
