"""The overview in words."""

from collections.abc import Collection, Sequence

from jobqueue.lab.pictures.base.words import away, counted, lease_left
from jobqueue.lab.recording.frame import PLACES, PelRow, WorkerRow, WorkerState, WorldFrame

NOTHING_LEFT = "Nothing waits, nothing is pending"
#: Faults with which a worker may look busy, though Redis and it don't hear each other.
UNHEARD = frozenset({"cut off", "requests vanish", "replies vanish"})


def finding(frame: WorldFrame, points: Sequence[Sequence[float]]) -> str:
    """The picture's title: what it shows now, in one short sentence."""
    if frame.redis != "up":
        return away(frame)
    if frame.orphans:
        return _orphans(frame)
    if silent := [row for row in frame.ledger if row.idle >= frame.lease]:
        return _silent(silent, {worker.name for worker in frame.workers})
    return _calm(frame, recovered=any(point[5] for point in points))


def _silent(rows: list[PelRow], team: set[str]) -> str:
    """The title when leases ran out under living workers, or under names that no process of this world has."""
    if held := [row for row in rows if row.worker in team]:
        return f"{counted(len(held), 'lease')} ran out, though the worker is alive"
    return f"{counted(len(rows), 'lease')} ran out: no process is behind {_names({row.worker for row in rows})}"


def _names(names: Collection[str]) -> str:
    return " and ".join(sorted(names)) if len(names) < 3 else f"{len(names)} names"


def _orphans(frame: WorldFrame) -> str:
    orphans, lease = frame.orphans, frame.lease
    names = sorted({row.worker for row in orphans})
    whose = " and ".join(names) if len(names) < 3 else f"{len(names)} dead workers"
    left, over = lease_left(orphans, lease), sum(row.idle >= lease for row in orphans)
    when = "their leases are over" if over == len(orphans) else "the first lease is over"
    when = f"the first lease ends in {left} s" if left > 0 else when
    return f"{counted(len(orphans), 'orphan')} of {whose}, {when}"


def _calm(frame: WorldFrame, *, recovered: bool) -> str:
    """The title while no lease is in danger. `recovered`: there were orphans before."""
    n = frame.places
    if frame.raw:
        return _raw(frame)
    if not any(n.values()):
        used = frame.workers or set(frame.cursor.values()) - {"0-0", ""}
        return NOTHING_LEFT if used else "No job has been accepted yet"
    if n["done"] + n["dead"] + frame.cancelled + frame.discarded == frame.accepted + frame.foreign > 0:
        also = f", {n['dead']:,} dead" if n["dead"] else ", the orphans too" if recovered else ""
        also += f", {frame.cancelled + frame.discarded:,} thrown away" * (frame.cancelled + frame.discarded > 0)
        every = "All " * (n["done"] == frame.accepted > 1)
        return f"{every}{n['done']:,} accepted {'job is' if n['done'] == 1 else 'jobs are'} done{also}"
    if recovered:
        return "No orphan is left" + ": the reaper took them back" * (frame.reaped > 0)
    waiting, (busy, idle) = f"{counted(n['waiting'], 'job')} waiting", (_count(frame, "running"), _count(frame, "idle"))
    if unheard := [f"{one.name}: {word}" for one in frame.workers for word in one.faults if word in UNHEARD]:
        return f"{', '.join(unheard)}; {waiting}"
    if busy:
        return f"{counted(busy, 'worker')} at work, {f'{idle} idle, ' * (idle > 0)}{waiting}"
    if idle:
        return f"{counted(idle, 'worker')} idle, {waiting}"
    if held := {name: jobs for name, jobs in frame.pel.items() if jobs}:
        return f"{counted(sum(held.values()), 'job')} pending under {_names(held)}, {n['waiting']:,} waiting"
    if not n["waiting"]:
        return f"{counted(n['delayed'], 'job')} delayed, no worker hired" if n["delayed"] else NOTHING_LEFT
    return f"{waiting}, and no worker to fetch {'it' if n['waiting'] == 1 else 'them'}"


def _raw(frame: WorldFrame) -> str:
    """The title of entries that were added without the kit. It can't know what a learner's own function works on."""
    waiting, kept = sum(frame.waiting.values()), sum(frame.kept.values())
    if held := {name: entries for name, entries in frame.pel.items() if entries}:
        return f"{entries(sum(held.values()))} pending under {_names(held)}, {waiting:,} waiting"
    if waiting and not set(frame.cursor.values()) - {"0-0", ""}:
        return f"{entries(waiting)} in the stream, none delivered yet"
    if waiting:
        return f"{entries(waiting)} waiting, none pending"
    return f"Nothing waits or is pending; {entries(kept)} {'is' if kept == 1 else 'are'} left over"


def entries(n: int) -> str:
    """1 entry; 1,200 entries."""
    return f"{n:,} {'entry' if n == 1 else 'entries'}"


def _count(frame: WorldFrame, state: WorkerState) -> int:
    """How many workers of the kit are in this state."""
    return sum(worker.state == state and not worker.program for worker in frame.workers)


def check(frame: WorldFrame) -> str:
    """Whether the account adds up: every accepted job is in one place, or was cancelled or discarded."""
    if frame.raw:
        return ""  # the kit has no account of entries that it didn't add
    left = sum(frame.places.values()) + frame.cancelled + frame.discarded
    off = frame.accepted + frame.foreign - left
    return "✓" if off == 0 else f"✗ off by {off:,}"


def state(worker: WorkerRow, frame: WorldFrame) -> str:
    """A worker's state in words."""
    left = sum(row.worker == worker.name for row in frame.orphans)
    return {
        "starting": "starting",
        "idle": "idle, nothing to run",
        "running": running(worker),
        "frozen": "frozen: alive, but silent",
        "dead": f"dead, leaves {counted(left, 'orphan')}" if left else "dead, no orphan left",
        "gone": "left in order",
    }[worker.state]


def running(worker: WorkerRow) -> str:
    """The state of a worker that runs. One that runs a learner's own function may hold more than it works on."""
    if worker.program:
        return "running your code" + f", holds {worker.running:,}" * bool(worker.running)
    return f"running {counted(worker.running, 'job')}"


def spoken(frame: WorldFrame, points: Sequence[Sequence[float]]) -> str:
    """The whole picture, for people who can't see it."""
    n = frame.places
    sums = ", ".join(f"{n[place]} {place}" for place in PLACES)
    team = ", ".join(f"{worker.name} {state(worker, frame)}" for worker in frame.workers) or "none"
    marks = ", ".join(f"{mark.label} at {mark.t:.1f} s" for mark in frame.marks[-3:]) or "none"
    equation = f"{frame.accepted} accepted = {sums} {check(frame)}"
    return f"{finding(frame, points)}. After {frame.t:.0f} s: {equation}. Workers: {team}. Faults: {marks}."
