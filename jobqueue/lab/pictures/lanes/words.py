"""The lanes in words."""

from jobqueue.lab.pictures.base.over_time import LATELY
from jobqueue.lab.pictures.base.words import ailing, are, counted, lease_left
from jobqueue.lab.pictures.lanes.track import Track
from jobqueue.lab.recording.frame import WorkerRow, WorldFrame

HELD = 4  # how many labels there's room for next to a lane
LISTED = 16  # how many jobs a frame names at most, per worker


def finding(frame: WorldFrame, tracks: dict[str, Track]) -> str:
    """The worst that the picture shows now, in one short sentence."""
    if not frame.workers:
        return "No worker has been hired yet"
    return _orphans(frame) or _reaped(frame, tracks) or _frozen(frame) or _ill(frame) or _calm(frame)


def team(frame: WorldFrame) -> str:
    """Each worker's state now."""
    workers = (", ".join([f"{worker.name} {state(worker)}", *worker.faults]) for worker in frame.workers)
    return "; ".join(workers) or "no workers"


def runs(worker: WorkerRow) -> int:
    """The number of its pending jobs that a worker runs, by its own log; with more than a frame names, all of them."""
    jobs = len(worker.jobs)
    return worker.running if jobs >= LISTED else min(jobs, worker.running)


def state(worker: WorkerRow) -> str:
    """A worker's state, in words that fit next to its lane."""
    n = worker.running
    return {
        "starting": "starting",
        "idle": "idle",
        "running": _running(worker),
        "frozen": f"frozen, holds {n:,}" if n else "frozen",
        "dead": f"dead, {counted(n, 'orphan')}" if n else "dead",
        "gone": "left in order",
    }[worker.state]


def _running(worker: WorkerRow) -> str:
    n, now = worker.running, runs(worker)
    if worker.program:
        return f"your code, holds {n:,}" if n else "your code"
    hoards = n > 2 * now  # the two are read a moment apart, so a small difference means nothing
    return f"holds {n:,}, runs {now}" if hoards else f"runs {counted(n, 'job')}"


def held(worker: WorkerRow, frame: WorldFrame) -> str:
    """The labels of the jobs that a worker holds, the oldest first, as far as there's room and they have any."""
    rows = [row for row in frame.ledger if row.worker == worker.name and row.label]
    labels = [row.label for row in sorted(rows, key=lambda row: [int(part) for part in row.entry.split("-")])]
    return ", ".join(labels[:HELD]) + ", …" * (len(labels) > HELD)


def _orphans(frame: WorldFrame) -> str:
    if not (orphans := frame.orphans):
        return ""
    left = lease_left(orphans, frame.lease)
    when = f"{left} s of lease left" if left > 0 else "their leases are over"
    dead = [worker for worker in frame.workers if worker.name in {row.worker for row in orphans}]
    return f"{are(dead)} dead, and left {counted(len(orphans), 'orphan')}: {when}"


def _reaped(frame: WorldFrame, tracks: dict[str, Track]) -> str:
    for name, track in tracks.items():
        if track.reaps and frame.t - track.reaps[-1][1] < LATELY:
            return f"{counted(track.reaps[-1][2], 'job')} of {name} reaped: others will run them again"
    return ""


def _frozen(frame: WorldFrame) -> str:
    frozen = [worker for worker in frame.workers if worker.state == "frozen"]
    held = sum(worker.running for worker in frozen)
    return f"{are(frozen)} frozen: alive but silent, holding {counted(held, 'job')}" if frozen else ""


def _ill(frame: WorldFrame) -> str:
    ill = [worker for worker in frame.workers if worker.faults]
    words = [f"{worker.name}: {ailing(worker, 30)}" for worker in ill[:2]]
    return "; ".join(words) + f"; {len(ill) - 2} more" * (len(ill) > 2)


def _calm(frame: WorldFrame) -> str:
    states = [worker.state for worker in frame.workers]
    waiting, held = sum(frame.waiting.values()), sum(worker.running for worker in frame.workers)
    alive, idle = sum(not worker.over for worker in frame.workers), states.count("idle")
    if not alive:
        jobs = f"{counted(waiting, 'job')} {'waits' if waiting == 1 else 'wait'}" if waiting else "no job waits"
        return f"No worker is left, and {jobs}"
    if idle == alive:
        return f"{counted(alive, 'worker')}, nothing to run"
    return f"{counted(alive, 'worker')}" + f", {idle} of them idle" * bool(idle) + f", {counted(held, 'job')} in hand"
