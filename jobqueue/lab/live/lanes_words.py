"""What is to be seen of the workers, in words."""

from math import ceil

from jobqueue.lab.live.frame import counted, orphans
from jobqueue.lab.live.lanes_track import Track
from jobqueue.lab.live.language import ailing
from jobqueue.lab.live.timeline import away, recounted

LATELY = 3.0  # seconds


def finding(frame: dict, tracks: dict[str, Track]) -> str:
    """The picture's title: the worst that is to be seen in it now, in one short sentence."""
    if not frame["workers"]:
        return away(frame) or "No worker has been hired yet"
    return away(frame) or _orphans(frame) or _reaped(frame, tracks) or _frozen(frame) or _ill(frame) or _calm(frame)


LISTED = 16  # jobs that a frame names, for each worker


def runs(worker: dict) -> int:
    """How many of the jobs that it holds it runs: it says so itself, in its log, if it keeps one."""
    jobs = len(worker.get("jobs", ()))
    return worker["running"] if jobs >= LISTED else min(jobs, worker["running"])


def state(worker: dict) -> str:
    """What a worker does, in words that fit beside its lane."""
    n, now = worker["running"], runs(worker)
    hoards = n > 2 * now  # the two are not looked at in the same instant: so small differences say nothing
    return {
        "starting": "starting",
        "idle": "idle",
        "running": f"holds {n:,}, runs {now}" if hoards else f"runs {counted(n, 'job')}",
        "frozen": f"frozen, holds {n:,}" if n else "frozen",
        "dead": f"dead, {counted(n, 'orphan')}" if n else "dead",
        "gone": "left in order",
    }[worker["state"]]


def spoken(frame: dict, tracks: dict[str, Track]) -> str:
    """The picture in words, for whoever cannot see it."""
    team = [", ".join([f"{worker['name']} {state(worker)}", *worker.get("faults", ())]) for worker in frame["workers"]]
    now = f"After {frame['t']:.0f} s: {'; '.join(team) or 'nobody'}"
    return f"{finding(frame, tracks)}. {now}. Marks: {recounted(frame)}."


def _named(workers: list[dict]) -> str:
    """Who, and the verb."""
    names = [worker["name"] for worker in workers]
    return f"{names[0]} is" if len(names) == 1 else f"{' and '.join(names) if len(names) == 2 else len(names)} are"


def _orphans(frame: dict) -> str:
    if not (stray := orphans(frame)):
        return ""
    whose = {entry["worker"] for entry in stray}
    left = ceil(frame["lease"] - max(entry["idle"] for entry in stray))
    when = f"{left} s of lease left" if left > 0 else "their leases are over"
    dead = [worker for worker in frame["workers"] if worker["name"] in whose]
    return f"{_named(dead)} dead, and left {counted(len(stray), 'orphan')}: {when}"


def _reaped(frame: dict, tracks: dict[str, Track]) -> str:
    for name, track in tracks.items():
        if track.reaps and frame["t"] - track.reaps[-1][1] < LATELY:
            return f"{counted(track.reaps[-1][2], 'job')} of {name} reaped: others will run them again"
    return ""


def _frozen(frame: dict) -> str:
    frozen = [worker for worker in frame["workers"] if worker["state"] == "frozen"]
    held = sum(worker["running"] for worker in frozen)
    return f"{_named(frozen)} frozen: alive but silent, holding {counted(held, 'job')}" if frozen else ""


def _ill(frame: dict) -> str:
    ill = [worker for worker in frame["workers"] if worker.get("faults")]
    said = [f"{worker['name']}: {ailing(worker, 30)}" for worker in ill[:2]]
    return "; ".join(said) + f"; {len(ill) - 2} more" * (len(ill) > 2)


def _calm(frame: dict) -> str:
    states = [worker["state"] for worker in frame["workers"]]
    waiting, held = sum(frame["waiting"].values()), sum(worker["running"] for worker in frame["workers"])
    if alive := len(states) - states.count("dead") - states.count("gone"):
        idle = states.count("idle")
        if idle == alive:
            return f"{counted(alive, 'worker')}, nothing to run"
        return (
            f"{counted(alive, 'worker')}" + f", {idle} of them idle" * bool(idle) + f", {counted(held, 'job')} in hand"
        )
    return f"No worker is left, and {counted(waiting, 'job')} wait"
