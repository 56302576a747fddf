"""Every word, class and position of the machine but its tokens, as one flat dict; keys as in `values.py`."""

from jobqueue.lab.live.language import TIERS, WORKER_COLOURS, WORKER_SHAPES, ailing
from jobqueue.lab.live.machine_places import (
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
from jobqueue.lab.live.machine_scene import Scene
from jobqueue.lab.live.machine_tokens import coming
from jobqueue.lab.live.machine_words import AWAY, full, lately, spoken, state, title

NEWS = 2  # lines of what just happened
REASON = 40  # characters of a dead letter's reason


def values(scene: Scene, badge: str = "") -> dict[str, str | None]:
    """The whole picture but for the tokens."""
    frame = scene.frame
    told = lately(scene, NEWS)
    found = {f"news{i}": told[i] if i < len(told) else "" for i in range(NEWS)}
    away = frame["redis"] in AWAY
    found |= {
        "finding": title(scene),
        "finding@class": "finding alarm" if away else "finding",
        "badge": badge,
        "flow": _flow(frame),
        "lease": f"ring: time idle · full: its lease of {frame['lease']:g} s is over" if frame["lease"] else "",
        "redis@class": "redis away" if away else "redis",
        "jobs@class": "jobs away" if away else "jobs",
        "away": {"down": "Redis is down", "paused": "Redis is paused"}.get(frame["redis"], ""),
        "picture@aria-label": spoken(scene),
    }
    for tier in TIERS:
        found |= _tape(frame, tier)
    return found | _delayed(frame) | _cards(scene) | _outcomes(frame) | _layout(scene)


def _flow(frame: dict) -> str:
    words = [f"accepted {frame['accepted']:,}"]
    words += [f"refused {frame['refused']:,}"] * bool(frame["refused"])
    words += [f"cancelled {frame['cancelled']:,}"] * bool(frame["cancelled"])
    return " · ".join(words + [f"policy {frame['policy']}"] * bool(frame["policy"]))


def _tape(frame: dict, tier: str) -> dict:
    waiting, pending = frame["waiting"].get(tier, 0), frame["pending"].get(tier, 0)
    cursor, oldest = frame["cursor"].get(tier, "0-0"), frame["oldest"].get(tier, -1)
    shown = min(waiting, len(frame["heads"].get(tier, ())), TAPE)
    words = [f"oldest {seconds(oldest)}"] * (oldest >= 0)
    if marks := frame["capacity"].get(tier):
        depth = waiting + pending + frame["delayed"].get(tier, 0)
        words.append(f"{'full:' if full(frame, tier) else 'depth'} {depth:,} of {marks[1]:,}")
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


def _delayed(frame: dict) -> dict:
    due, total = [job[0] for job in coming(frame)[:DELAYED]], sum(frame["delayed"].values())
    found = {"delayed": f"{total:,} delayed", "delayed.more": f"+{total - len(due):,}" if total > len(due) else ""}
    found["delayed.empty"] = "" if total else "empty"
    for i in range(DELAYED):
        found[f"due{i}"] = "" if i >= len(due) else seconds(due[i]) if due[i] > 0 else "due"
    return found


def seconds(n: float) -> str:
    if n >= 1000:
        return f"{n / 60:.0f} min" if n < 6000 else f"{n / 3600:,.0f} h"
    return f"{n:.1f} s" if n < 9.95 else f"{n:.0f} s"


def _cards(scene: Scene) -> dict:
    frame = scene.frame
    team = {worker["name"]: worker for worker in frame["workers"]}
    workers = [team.get(name) or _stranger(name, frame) for name in scene.cards]
    found = {"nobody": "" if workers else "no worker is hired, and no consumer holds anything"}
    for i in range(CARDS):
        found |= _card(i, workers[i], scene) if i < len(workers) else _no_card(i)
    return found


def _stranger(name: str, frame: dict) -> dict:
    """A consumer of the group that is no process of the fleet."""
    held = sum(row["worker"] == name for row in frame["ledger"])
    return {"name": name, "state": "stranger", "running": held, "done": -1, "colour": -1, "shape": 3, "pid": 0}


def _card(i: int, worker: dict, scene: Scene) -> dict:
    name, over = worker["name"], worker["state"] in ("dead", "gone", "stranger")
    shown = sum(token.place.row == held_by(name) for token in scene.tokens.values())
    haunted = worker["state"] == "dead" and worker["running"]
    faults = ailing(worker, room=24)
    facts = [f"pid {worker['pid']}"] * bool(worker["pid"]) + [f"done {worker['done']:,}"] * (worker["done"] >= 0)
    return {
        f"card{i}@class": f"card {worker['state']}{' haunted' * bool(haunted)}",
        f"card{i}.name": name,
        f"card{i}.facts": "" if faults else " · ".join(facts),
        f"card{i}.faults": faults,
        f"card{i}.state": state(worker, scene.frame),
        f"card{i}.more": f"+{worker['running'] - shown:,}" if worker["running"] > shown else "",
        f"card{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
        f"card{i}.shape@class": worker_class(worker),
        f"card{i}.box@height": str(card_height(scene.lines) - 1),
        f"button{i}@class": "off" if worker["state"] == "stranger" else "button",
        f"kill{i}@value": name,
        f"kill{i}@aria-label": f"kill -9 {name}" + (" (it is dead)" if over else ""),
        f"kill{i}@disabled": "" if over else None,
    }


def _no_card(i: int) -> dict:
    empty = dict.fromkeys((f"card{i}.{key}" for key in ("name", "facts", "faults", "state", "more")), "")
    empty |= {f"card{i}@class": "off", f"card{i}.shape@d": "", f"card{i}.shape@class": "", f"card{i}.box@height": "0"}
    return empty | {
        f"button{i}@class": "off",
        f"kill{i}@value": "",
        f"kill{i}@aria-label": "",
        f"kill{i}@disabled": "",
    }


def worker_class(worker: dict) -> str:
    """A worker's colour; hollow, when its process is no more."""
    colour = f"w{worker['colour'] % len(WORKER_COLOURS)}" if worker["colour"] >= 0 else "stranger"
    return colour + " hollow" * (worker["state"] in ("dead", "gone"))


def _outcomes(frame: dict) -> dict:
    letters = list(reversed(frame["letters"][-LETTERS:]))
    found = {
        "done": f"{frame['done']:,} done",
        "dead": f"{frame['dead']:,} dead",
        "dead@class": "count trouble" if frame["dead"] else "count",
        "again": f"reaped {frame['reaped']:,} · retried {frame['retried']:,} · discarded {frame['discarded']:,}",
        "dead.empty": "" if frame["dead"] else "empty",
    }
    for i in range(LETTERS):
        reason = letters[i][3] if i < len(letters) else ""
        found[f"reason{i}"] = reason if len(reason) <= REASON else reason[: REASON - 1] + "…"
    return found


def _layout(scene: Scene) -> dict:
    """What stands elsewhere in the other layout. `rows` tells the page where the slots for tokens are."""
    n, lines, found = len(scene.cards), scene.lines, {}
    for form, right in WIDTHS.items():
        slots = rows(form, scene.cards, lines)
        found[f"{form}:rows"] = {name: list(row) for name, row in slots.items()}
        found[f"{form}:svg@viewBox"] = f"0 0 {right} {height(form, n, lines):g}"
        found[f"{form}:right@transform"] = f"translate({right} 0)"
        found[f"{form}:band@width"], found[f"{form}:set@width"] = str(right - CURSOR), str(right - STUB)
        found[f"{form}:away@x"] = f"{right / 2:g}"
        found[f"{form}:outcomes@transform"] = f"translate(0 {outcomes_at(form, n, lines):g})"
        found[f"{form}:letters@transform"] = f"translate({dead_at(form):g} 0)"
        found |= {f"{form}:due{i}@x": f"{slots['delayed'].at(i)[0]:g}" for i in range(DELAYED)}
        first = slots["dead"].at(0)
        for i in range(LETTERS):
            x, y = slots["dead"].at(i)
            found[f"{form}:reason{i}@x"] = f"{x - first[0] + 34:g}"
            found[f"{form}:reason{i}@y"] = f"{y - first[1] + 48.5:g}"
        for i in range(CARDS):
            x, y = card_at(form, i, lines)
            found[f"{form}:card{i}@transform"] = found[f"{form}:button{i}@transform"] = f"translate({x:g} {y:g})"
    return found
