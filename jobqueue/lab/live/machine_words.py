"""What the machine says: its title, what just happened, what each job and worker is, and all of it for the blind."""

from math import ceil

from jobqueue.lab.live.frame import counted, orphans
from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.machine_scene import ROUTINE, News, Scene
from jobqueue.lab.live.machine_tokens import Token
from jobqueue.lab.live.values import finding

#: As long as that it is news that something else than these happened.
MATTERS_SECONDS = 8.0

AWAY = {
    "down": "Redis is down: nothing can be enqueued, fetched or settled",
    "paused": "Redis does not answer: everybody waits for it",
}


def title(scene: Scene) -> str:
    """What is to be seen, in one short sentence."""
    frame = scene.frame
    if frame["redis"] in AWAY:
        return AWAY[frame["redis"]]
    frozen = [worker["name"] for worker in frame["workers"] if worker["state"] == "frozen" and worker["running"]]
    if frozen and not orphans(frame) and not any(row["idle"] >= frame["lease"] for row in frame["ledger"]):
        held = sum(worker["running"] for worker in frame["workers"] if worker["name"] in frozen)
        return f"{' and '.join(frozen[:2])} frozen: nobody renews {counted(held, 'lease')}"
    shut = [tier for tier in TIERS if full(frame, tier)]
    if shut and not frame["ledger"]:
        return f"{' and '.join(shut)} full: producers are refused"
    return finding(frame, [])


def full(frame: dict, tier: str) -> bool:
    """Whether the tier's depth has reached its high watermark."""
    marks = frame["capacity"].get(tier)
    depth = sum(frame[place].get(tier, 0) for place in ("waiting", "pending", "delayed"))
    return bool(marks) and depth >= marks[1]


def lately(scene: Scene, lines: int) -> list[str]:
    """What just happened, the newest first. What goes on all the time does not drive out what matters, so soon."""
    now = scene.frame["t"]
    first = [told for told in scene.news if told.kind not in ROUTINE and now - told.t < MATTERS_SECONDS]
    rest = [told for told in scene.news if told not in first]
    shown = sorted([*first, *rest][:lines], key=lambda told: -told.t)
    return [news(told) for told in shown]


def news(told: News) -> str:
    """One line of what just happened."""
    return f"{told.t:.1f} s   {_told(told)}"


def _told(told: News) -> str:
    if not told.jobs:
        return told.kind
    who, n = told.start.removeprefix("worker:"), counted(told.jobs, "job")
    whose = f" from {who}" if told.start.startswith("worker:") else ""
    return {
        "reaped": f"reaped: {n} taken{whose}, the lease ran out; to the tail of {told.tier} as a new attempt",
        "retried": f"retried: {n}{whose} failed, and will be tried again after a delay",
        "dead": f"buried: {n}{whose} given up, to the dead letters",
        "promoted": f"promoted: {n} due, to the tail of {told.tier}",
        "released": f"released: {n} handed back unrun by {who}, to the tail of {told.tier}",
        "replayed": f"replayed: {n} out of the dead letters, to the tail of {told.tier}",
        "cancelled": f"cancelled: {n}",
        "discarded": f"discarded: {n} out of the dead letters",
    }[told.kind]


#: What a trail is called, in the past tense, as the event is.
TRAILS = {"dead": "buried"}


def trail(told: News) -> str:
    """What is written on the way that jobs just took."""
    return f"{told.jobs} {TRAILS.get(told.kind, told.kind)}"


def about(job: str, token: Token) -> str:
    """A token in words; how long it has been idle is added by whoever shows it."""
    marks = [f"job {job}", token.tier, f"attempt {token.attempt}"]
    marks += [f"entry {token.entry}"] * bool(token.entry) + ["reaped before"] * token.reaped
    where = token.place.row
    marks.append({"delayed": "delayed", "done": "done", "dead": "dead"}.get(where, "waiting"))
    if token.worker:
        marks[-1] = f"pending under {token.worker}" + (", who is dead" if token.orphan else "")
    return " · ".join(marks)


def state(worker: dict, frame: dict) -> str:
    """What is to be said of a worker, or of a consumer who is none of the fleet."""
    rows = [row for row in frame["ledger"] if row["worker"] == worker["name"]]
    late = sum(row["idle"] >= frame["lease"] for row in rows)
    jobs = counted(worker["running"], "job")
    if worker["state"] == "dead":
        return (
            f"dead, leaves {counted(worker['running'], 'orphan')}{_lease(rows, frame)}"
            if rows
            else "dead, holds nothing any more"
        )
    if worker["state"] == "frozen":
        return f"frozen: alive, but silent{_lease(rows, frame)}"
    words = {
        "starting": "starting",
        "idle": "idle, nothing to run",
        "running": f"running {jobs}",
        "gone": "gone, left in order",
        "stranger": f"a consumer of yours, holds {jobs}",
    }[worker["state"]]
    return words + (f", {counted(late, 'lease')} over" if late else "")


def _lease(rows: list[dict], frame: dict) -> str:
    """When the first lease ends, of entries that nobody renews."""
    if not rows:
        return ""
    left = ceil(frame["lease"] - max(row["idle"] for row in rows))
    return f", lease ends in {left} s" if left > 0 else ", lease is over"


def spoken(scene: Scene) -> str:
    """The whole picture, for whoever cannot see it."""
    frame = scene.frame
    queues = "; ".join(
        f"{tier}: {frame['waiting'].get(tier, 0)} waiting, {frame['pending'].get(tier, 0)} pending" for tier in TIERS
    )
    team = "; ".join(f"{worker['name']} {state(worker, frame)}{_faults(worker)}" for worker in frame["workers"])
    rest = f"{sum(frame['delayed'].values())} delayed, {frame['done']} done, {frame['dead']} dead"
    happened = ". Lately: " + "; ".join(lately(scene, 2)) if scene.news else ""
    return f"{title(scene)}. After {frame['t']:.0f} s. {queues}; {rest}. Workers: {team or 'none'}{happened}."


def _faults(worker: dict) -> str:
    return "".join(f", {fault}" for fault in worker.get("faults", ()))
