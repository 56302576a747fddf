"""The machine in words: its title, the latest news, each job and each worker."""

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.base.words import are, counted, lease_left
from jobqueue.lab.pictures.machine.own import spell_own
from jobqueue.lab.pictures.machine.scene import ROUTINE, Happening, Scene
from jobqueue.lab.pictures.machine.tokens import Token
from jobqueue.lab.pictures.overview.words import finding, running
from jobqueue.lab.recording.frame import PelRow, WorkerRow, WorldFrame

#: Seconds for which a line stays if it isn't about routine.
MATTERS_SECONDS = 8.0

AWAY = {
    "down": "Redis is down: nothing can be enqueued, fetched or settled",
    "paused": "Redis doesn't answer: the whole world stands still",
}


def title(scene: Scene) -> str:
    """The finding, in one short sentence."""
    frame = scene.frame
    if frame.redis in AWAY:
        return AWAY[frame.redis]
    frozen = [worker for worker in frame.workers if worker.state == "frozen" and worker.running]
    if frozen and not frame.orphans and not any(row.idle >= frame.lease for row in frame.ledger):
        held = sum(worker.running for worker in frozen)
        return f"{are(frozen)} frozen, and {counted(held, 'lease')} {'runs' if held == 1 else 'run'} out unrenewed"
    shut = [tier for tier in TIERS if full(frame, tier)]
    if shut and not frame.ledger:
        return f"{' and '.join(shut)} full: producers are refused"
    return finding(frame, [])


def full(frame: WorldFrame, tier: str) -> bool:
    """Whether the tier's depth has reached its high watermark."""
    marks = frame.capacity.get(tier)
    return marks is not None and frame.depth(tier) >= marks[1]


def lately(scene: Scene, lines: int) -> list[str]:
    """The latest news, newest first. For some seconds, routine doesn't push out what matters."""
    now = scene.frame.t
    first = [each for each in scene.news if each.kind not in ROUTINE and now - each.t < MATTERS_SECONDS]
    rest = [each for each in scene.news if each not in first]
    shown = sorted([*first, *rest][:lines], key=lambda each: -each.t)
    return [news(each) for each in shown]


def news(each: Happening) -> str:
    """One line of news."""
    return f"{each.t:.1f} s   {_news(each)}"


def _news(each: Happening) -> str:
    if not each.jobs:
        return each.kind
    worker, n, tail = each.start.removeprefix("worker:"), counted(each.jobs, "job"), f"to the tail of {each.tier}"
    whose = f" from {worker}" if each.start.startswith("worker:") else ""
    return {
        "reaped": f"reaped: {n} taken{whose}, the lease ran out; {tail} as a new attempt",
        "retried": f"retried: {n}{whose} failed, and will be tried again after a delay",
        "dead": f"buried: {n}{whose} given up, to the dead letters",
        "promoted": f"promoted: {n} due, {tail}",
        "released": f"released: {n} handed back unrun by {worker}, {tail}",
        "replayed": f"replayed: {n} out of the dead letters, {tail}",
        "cancelled": f"cancelled: {n}",
        "discarded": f"discarded: {n} out of the dead letters",
    }[each.kind]


#: The name of a trail, in the past tense, if it isn't the event's.
TRAILS = {"dead": "buried"}


def trail(way: Happening) -> str:
    """The words on the way that jobs just took."""
    return f"{way.jobs} {TRAILS.get(way.kind, way.kind)}"


def about(job: str, token: Token, names: EntryNames) -> str:
    """A token in words. The page adds for how long it has been idle."""
    marks = [token.label] * bool(token.label) + [f"job {job}"] * (job != token.entry) + [token.tier]
    marks += [f"attempt {token.attempt}"] * (token.attempt > 0)
    name = names.name(token.tier, token.entry)
    marks += [f"entry {name} ({token.entry})" if name else f"entry {token.entry}"] * bool(token.entry)
    marks += ["reaped before"] * token.reaped
    where = token.place.row
    marks.append({"delayed": "delayed", "done": "done", "dead": "dead"}.get(where, "waiting"))
    if token.worker:
        marks[-1] = f"pending under {token.worker}" + (", which is dead" if token.orphan else "")
    return " · ".join(marks)


def state(worker: WorkerRow, frame: WorldFrame) -> str:
    """The state of a worker, or of a consumer that's no worker of this world."""
    rows = [row for row in frame.ledger if row.worker == worker.name]
    late = sum(row.idle >= frame.lease for row in rows)
    if worker.state == "dead":
        left = f"dead, {counted(worker.running, 'orphan')}{_lease(rows, frame)}"
        return left if rows else "dead, holds nothing"
    if worker.state == "frozen":
        return f"frozen: alive, but silent{_lease(rows, frame)}"
    words = {
        "starting": "starting",
        "idle": "idle, nothing to run",
        "running": running(worker),
        "gone": "left in order",
        "stranger": f"no process, holds {worker.running:,}",
    }[worker.state]
    return words + (f", {counted(late, 'lease')} over" if late else "")


def _lease(rows: list[PelRow], frame: WorldFrame) -> str:
    """The end of the first lease, for entries that no heartbeat renews."""
    if not rows:
        return ""
    left = lease_left(rows, frame.lease)
    return f", lease ends in {left} s" if left > 0 else ", lease is over"


def spoken(scene: Scene) -> str:
    """The whole picture, for people who can't see it."""
    frame = scene.frame
    queues = "; ".join(
        f"{tier}: {frame.waiting.get(tier, 0)} waiting, {frame.pending.get(tier, 0)} pending" for tier in TIERS
    )
    team = "; ".join(f"{worker.name} {state(worker, frame)}{_faults(worker)}" for worker in frame.workers)
    rest = f"{sum(frame.delayed.values())} delayed, {frame.done} done, {frame.dead} dead"
    happened = ". Lately: " + "; ".join(lately(scene, 2)) if scene.news else ""
    rest += f". Workers: {team or 'none'}{happened}{spell_own(frame)}"
    return f"{title(scene)}. After {frame.t:.0f} s. {queues}; {rest}."


def _faults(worker: WorkerRow) -> str:
    return "".join(f", {fault}" for fault in worker.faults)
