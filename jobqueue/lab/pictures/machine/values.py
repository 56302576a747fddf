"""Every word, class and position of the machine except its tokens. Pure, so tested as data."""

from jobqueue.lab.pictures.base.language import TIERS, WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.words import ailing
from jobqueue.lab.pictures.machine.places import (
    CARDS,
    CURSOR,
    DELAYED,
    LETTERS,
    STUB,
    TAPE,
    WIDTHS,
    card_at,
    card_height,
    dead_at,
    height,
    held_by,
    outcomes_at,
    rows,
)
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.tokens import coming
from jobqueue.lab.pictures.machine.words import AWAY, full, lately, spoken, state, title
from jobqueue.lab.recording.frame import WorkerRow, WorldFrame

NEWS = 2  # lines of news
REASON = 40  # characters of a dead letter's reason


def values(scene: Scene, badge: str = "") -> Values:
    """The whole picture except the tokens."""
    frame, latest = scene.frame, lately(scene, NEWS)
    away = frame.redis in AWAY
    values: Values = {f"news{i}": latest[i] if i < len(latest) else "" for i in range(NEWS)}
    values |= {
        "finding": title(scene),
        "finding@class": "finding alarm" if away else "finding",
        "badge": badge,
        "flow": _flow(frame),
        "lease": f"ring: time idle · full: its lease of {frame.lease:g} s is over" if frame.lease else "",
        "redis@class": "redis away" if away else "redis",
        "jobs@class": "jobs away" if away else "jobs",
        "away": {"down": "Redis is down", "paused": "Redis is paused"}.get(frame.redis, ""),
        "picture@aria-label": spoken(scene),
    }
    for tier in TIERS:
        values |= _tape(frame, tier)
    return values | _delayed(frame) | _cards(scene) | _outcomes(frame) | _layout(scene)


def _flow(frame: WorldFrame) -> str:
    if not frame.accepted and any(frame.places.values()):
        return "entries of your own, added without the kit"
    words = [f"accepted {frame.accepted:,}"]
    words += [f"refused {frame.refused:,}"] * bool(frame.refused)
    words += [f"cancelled {frame.cancelled:,}"] * bool(frame.cancelled)
    return " · ".join(words + [f"policy {frame.policy}"] * bool(frame.policy))


def _tape(frame: WorldFrame, tier: str) -> Values:
    waiting, pending = frame.waiting.get(tier, 0), frame.pending.get(tier, 0)
    cursor, oldest = frame.cursor.get(tier, "0-0"), frame.oldest.get(tier, -1)
    shown = min(waiting, len(frame.heads.get(tier, ())), TAPE)
    words = [f"oldest {seconds(oldest)}"] * (oldest >= 0)
    if marks := frame.capacity.get(tier):
        words.append(f"{'full:' if full(frame, tier) else 'depth'} {frame.depth(tier):,} of {marks[1]:,}")
    return {
        f"{tier}.tape@class": "tape full" if full(frame, tier) else "tape",
        f"{tier}.waiting": f"{waiting:,} waiting",
        f"{tier}.pending": f"{pending:,}" if pending else "",
        f"{tier}.stub@class": "stub" if pending else "stub none",
        f"{tier}.cursor": "nothing delivered yet" if cursor in ("0-0", "") else f"last-delivered-id {cursor}",
        f"{tier}.state": " · ".join(words),
        f"{tier}.more": f"+{waiting - shown:,}" if waiting > shown else "",
        f"{tier}.empty": "" if waiting else "empty",
    }


def _delayed(frame: WorldFrame) -> Values:
    due, total = [job[0] for job in coming(frame)[:DELAYED]], sum(frame.delayed.values())
    more = f"+{total - len(due):,}" if total > len(due) else ""
    values: Values = {"delayed": f"{total:,} delayed", "delayed.more": more, "delayed.empty": "" if total else "empty"}
    for i in range(DELAYED):
        values[f"due{i}"] = "" if i >= len(due) else seconds(due[i]) if due[i] > 0 else "due"
    return values


def seconds(n: float) -> str:
    if n >= 1000:
        return f"{n / 60:.0f} min" if n < 6000 else f"{n / 3600:,.0f} h"
    return f"{n:.1f} s" if n < 9.95 else f"{n:.0f} s"


def _cards(scene: Scene) -> Values:
    frame = scene.frame
    team = {worker.name: worker for worker in frame.workers}
    workers = [team.get(name) or _stranger(name, frame) for name in scene.cards]
    values: Values = {"nobody": "" if workers else "no worker is hired, and no consumer holds anything"}
    for i in range(CARDS):
        values |= _card(i, workers[i], scene) if i < len(workers) else _no_card(i)
    return values


def _stranger(name: str, frame: WorldFrame) -> WorkerRow:
    """A consumer of the group that's no worker of this world."""
    held = sum(row.worker == name for row in frame.ledger)
    return WorkerRow(name, "stranger", held, done=-1, colour=-1, shape=3)


def _card(i: int, worker: WorkerRow, scene: Scene) -> Values:
    name, over = worker.name, worker.over or worker.state == "stranger"
    shown = sum(token.place.row == held_by(name) for token in scene.tokens.values())
    haunted = worker.state == "dead" and worker.running
    faults = ailing(worker, room=24)
    facts = [f"pid {worker.pid}"] * bool(worker.pid)
    facts += [f"done {worker.done:,}"] * (worker.done >= 0 and scene.frame.accepted > 0)
    return {
        f"card{i}@class": f"card {worker.state}{' haunted' * bool(haunted)}",
        f"card{i}.name": name,
        f"card{i}.facts": "" if faults else " · ".join(facts),
        f"card{i}.faults": faults,
        f"card{i}.state": state(worker, scene.frame),
        f"card{i}.more": f"+{worker.running - shown:,}" if worker.running > shown else "",
        f"card{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
        f"card{i}.shape@class": worker_class(worker),
        f"card{i}.box@height": str(card_height(scene.lines) - 1),
        f"button{i}@class": "off" if worker.state == "stranger" else "button",
        f"kill{i}@value": name,
        f"kill{i}@aria-label": f"kill -9 {name}" + (" (it is dead)" if over else ""),
        f"kill{i}@disabled": "" if over else None,
    }


def _no_card(i: int) -> Values:
    empty: Values = dict.fromkeys((f"card{i}.{key}" for key in ("name", "facts", "faults", "state", "more")), "")
    empty |= {f"card{i}@class": "off", f"card{i}.shape@d": "", f"card{i}.shape@class": "", f"card{i}.box@height": "0"}
    return empty | {
        f"button{i}@class": "off",
        f"kill{i}@value": "",
        f"kill{i}@aria-label": "",
        f"kill{i}@disabled": "",
    }


def worker_class(worker: WorkerRow) -> str:
    """A worker's colour; hollow, if its process has ended."""
    colour = f"w{worker.colour % len(WORKER_COLOURS)}" if worker.colour >= 0 else "stranger"
    return colour + " hollow" * (worker.over)


def _outcomes(frame: WorldFrame) -> Values:
    letters = list(reversed(frame.letters[-LETTERS:]))
    values: Values = {
        "done": f"{frame.done:,} done" if frame.accepted else "done",  # of your own entries it counts none
        "dead": f"{frame.dead:,} dead",
        "dead@class": "count trouble" if frame.dead else "count",
        "again": f"reaped {frame.reaped:,} · retried {frame.retried:,} · discarded {frame.discarded:,}",
        "dead.empty": "" if frame.dead else "empty",
    }
    for i in range(LETTERS):
        reason = letters[i].reason if i < len(letters) else ""
        values[f"reason{i}"] = reason if len(reason) <= REASON else reason[: REASON - 1] + "…"
    return values


def _layout(scene: Scene) -> Values:
    """The positions that differ between the layouts."""
    n, lines, values = len(scene.cards), scene.lines, Values()
    for form, right in WIDTHS.items():
        slots = rows(form, scene.cards, lines)
        values[f"{form}:svg@viewBox"] = f"0 0 {right} {height(form, n, lines):g}"
        values[f"{form}:right@transform"] = f"translate({right} 0)"
        values[f"{form}:band@width"], values[f"{form}:set@width"] = str(right - CURSOR), str(right - STUB)
        values[f"{form}:away@x"] = f"{right / 2:g}"
        values[f"{form}:outcomes@transform"] = f"translate(0 {outcomes_at(form, n, lines):g})"
        values[f"{form}:letters@transform"] = f"translate({dead_at(form):g} 0)"
        values |= {f"{form}:due{i}@x": f"{slots['delayed'].at(i)[0]:g}" for i in range(DELAYED)}
        first = slots["dead"].at(0)
        for i in range(LETTERS):
            x, y = slots["dead"].at(i)
            values[f"{form}:reason{i}@x"] = f"{x - first[0] + 34:g}"
            values[f"{form}:reason{i}@y"] = f"{y - first[1] + 48.5:g}"
        for i in range(CARDS):
            x, y = card_at(form, i, lines)
            values[f"{form}:card{i}@transform"] = values[f"{form}:button{i}@transform"] = f"translate({x:g} {y:g})"
    return values
