"""Every word, class and position of the machine except its tokens. Pure, so tested as data."""

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.machine.cards import card_values
from jobqueue.lab.pictures.machine.own import own_values
from jobqueue.lab.pictures.machine.places import (
    CARDS,
    CURSOR,
    DELAYED,
    LETTERS,
    STUB,
    WIDTHS,
    card_at,
    dead_at,
    height,
    outcomes_at,
    rows,
)
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.tokens import coming
from jobqueue.lab.pictures.machine.words import AWAY, full, lately, spoken, title
from jobqueue.lab.recording.frame import WorldFrame

NEWS = 2  # lines of news
REASON = 36  # characters of a dead letter's reason


def values(scene: Scene, badge: str = "", names: EntryNames | None = None) -> Values:
    """The whole picture except the tokens."""
    frame, latest = scene.frame, lately(scene, NEWS)
    away = frame.redis in AWAY
    values: Values = {f"news{i}": latest[i] if i < len(latest) else "" for i in range(NEWS)}
    values |= {
        "finding": title(scene),
        "finding@class": "finding alarm" if away else "finding",
        "badge": badge,
        "flow": _flow(frame),
        "lease": f"full ring: its lease of {frame.lease:g} s is over" if frame.lease else "",
        "redis@class": "redis away" if away else "redis",
        "jobs@class": "jobs away" if away else "jobs",
        "away": {"down": "Redis is down", "paused": "Redis is paused"}.get(frame.redis, ""),
        "picture@aria-label": spoken(scene),
    }
    for tier in TIERS:
        values |= _tape(scene, tier, names or EntryNames())
    values |= _delayed(frame, scene.plan.room.delayed) | card_values(scene) | _outcomes(frame)
    return values | own_values(frame, scene.plan) | _layout(scene)


def _flow(frame: WorldFrame) -> str:
    if frame.raw:
        return "entries of your own, added without the kit"
    words = [f"accepted {frame.accepted:,}"]
    words += [f"refused {frame.refused:,}"] * bool(frame.refused)
    words += [f"cancelled {frame.cancelled:,}"] * bool(frame.cancelled)
    return " · ".join(words + [f"policy {frame.policy.partition('#')[0]}"] * bool(frame.policy))


def _tape(scene: Scene, tier: str, names: EntryNames) -> Values:
    frame, room = scene.frame, scene.plan.room.tape
    waiting, pending = frame.waiting.get(tier, 0), frame.pending.get(tier, 0)
    cursor, oldest = frame.cursor.get(tier, "0-0"), frame.oldest.get(tier, -1)
    shown = min(waiting, len(frame.heads.get(tier, ())), room)
    kept = frame.kept.get(tier, 0)
    words = [f"+{kept:,} neither waiting nor pending"] * (kept > 0)
    words += [f"oldest {seconds(oldest)}"] * (oldest >= 0)
    if marks := frame.capacity.get(tier):
        words.append(f"{'full:' if full(frame, tier) else 'depth'} {frame.depth(tier):,} of {marks[1]:,}")
    return {
        f"{tier}.tape@class": "tape full" if full(frame, tier) else "tape",
        f"{tier}.waiting": f"{waiting:,} waiting",
        f"{tier}.pending": f"{pending:,}" if pending else "",
        f"{tier}.stub@class": "stub" if pending else "stub none",
        f"{tier}.cursor": _delivered(cursor, names.name(tier, cursor), waiting),
        f"{tier}.state": " · ".join(words),
        f"{tier}.more": f"+{waiting - shown:,}" if waiting > shown else "",
        f"{tier}.empty": "" if waiting else "empty",
    }


def _delivered(cursor: str, name: str, waiting: int) -> str:
    """The cursor's place. An entry may have been delivered before any frame showed it: then it has no name."""
    if cursor in ("0-0", ""):
        return "nothing delivered yet"
    return f"last delivered: {name}" if name else "" if waiting else "all delivered"


def _delayed(frame: WorldFrame, room: int) -> Values:
    due, total = [job.due for _, job in coming(frame)[:room]], sum(frame.delayed.values())
    more = f"+{total - len(due):,}" if total > len(due) else ""
    values: Values = {"delayed": f"{total:,} delayed", "delayed.more": more, "delayed.empty": "" if total else "empty"}
    for i in range(DELAYED):
        values[f"due{i}"] = "" if i >= len(due) else seconds(due[i]) if due[i] > 0 else "due"
    return values


def seconds(n: float) -> str:
    if n >= 1000:
        return f"{n / 60:.0f} min" if n < 6000 else f"{n / 3600:,.0f} h"
    return f"{n:.1f} s" if n < 9.95 else f"{n:.0f} s"


def _outcomes(frame: WorldFrame) -> Values:
    again = f"reaped {frame.reaped:,} · retried {frame.retried:,} · discarded {frame.discarded:,}"
    letters = list(reversed(frame.letters[-LETTERS:]))
    values: Values = {
        "done": f"{frame.done:,} done" if frame.accepted else "done",  # of your own entries it counts none
        "dead": f"{frame.dead:,} dead",
        "dead@class": "count trouble" if frame.dead else "count",
        "again": "" if frame.raw else again,
        "dead.empty": "" if frame.dead else "empty",
    }
    for i in range(LETTERS):
        reason = letters[i].reason if i < len(letters) else ""
        values[f"reason{i}"] = reason if len(reason) <= REASON else reason[: REASON - 1] + "…"
    return values


def _layout(scene: Scene) -> Values:
    """The positions that differ between the layouts."""
    n, lines, values = len(scene.cards), scene.plan.lines, Values()
    letters, own = len(scene.frame.letters), len(scene.frame.own)
    for form, right in WIDTHS.items():
        slots = rows(form, scene.plan)
        values[f"{form}:svg@viewBox"] = f"0 0 {right} {height(form, scene.plan, letters, own):g}"
        values[f"{form}:right@transform"] = f"translate({right} 0)"
        values[f"{form}:band@width"], values[f"{form}:set@width"] = str(right - CURSOR), str(right - STUB)
        values[f"{form}:away@x"] = f"{right / 2:g}"
        values[f"{form}:outcomes@transform"] = f"translate(0 {outcomes_at(form, n, lines):g})"
        values[f"{form}:letters@transform"] = f"translate({dead_at(form):g} 0)"
        values |= {f"{form}:due{i}@x": f"{slots['delayed'].at(i)[0]:g}" for i in range(DELAYED)}
        first = slots["dead"].at(0)
        for i in range(LETTERS):
            x, y = slots["dead"].at(i)
            values[f"{form}:reason{i}@x"] = f"{x - first[0] + (52 if scene.plan.long else 42):g}"
            values[f"{form}:reason{i}@y"] = f"{y - first[1] + 48.5:g}"
        for i in range(CARDS):
            x, y = card_at(form, i, lines)
            values[f"{form}:card{i}@transform"] = values[f"{form}:button{i}@transform"] = f"translate({x:g} {y:g})"
    return values
