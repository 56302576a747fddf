"""What a frame looks like: every word, number and position of the picture, as one flat dict. Pure, so tested as data.

A key names a node of the picture: `"done"` is its text, `"row3.bar@width"` an attribute (None: the attribute is
absent). `wide:` or `narrow:` before a key means: in that layout only. Lengths are in the picture's own units, about
one CSS pixel. The static picture is filled from this dict; the live one is sent what changed in it.
"""

from math import ceil

from jobqueue.lab.live.frame import counted, orphans, places
from jobqueue.lab.live.language import PLACES, TIER_SHAPES, TIERS, WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.live.strip import COLUMN, strip

ROWS = {"wide": 16, "narrow": 10}  # rows of the ledger
CARDS, CARDS_A_LINE, CARD_HEIGHT = 12, 3, 86
LEDGER, GAP = 552, 28  # width of the ledger, and between it and the rest
WORKERS = 392  # where their panel begins
BAR, LEASE_AT = 104, 84  # width of a lease clock, and where on it the lease runs out
CLOCK = 282  # where on a row it begins

NOBODY = {"name": "", "state": "gone", "running": 0, "done": 0, "colour": 0, "shape": 0}


def values(frame: dict, points: list[list[float]], badge: str = "") -> dict[str, str | None]:
    """The whole picture of `frame`, with `points` (oldest first) as its past."""
    found = {"finding": finding(frame, points), "badge": badge}
    found |= _headline(frame) | strip(frame, points) | _ledger(frame) | _workers(frame)
    return found | _layout(len(frame["workers"])) | {"picture@aria-label": spoken(frame, points)}


def finding(frame: dict, points: list[list[float]]) -> str:
    """The picture's title: what is to be seen in it now, in one short sentence."""
    n, lease = places(frame), frame["lease"]
    if stray := orphans(frame):
        names = sorted({entry["worker"] for entry in stray})
        whose = " and ".join(names) if len(names) < 3 else f"{len(names)} dead workers"
        left = ceil(lease - max(entry["idle"] for entry in stray))
        over = sum(entry["idle"] >= lease for entry in stray)
        when = "their leases are over" if over == len(stray) else "the first lease is over"
        when = f"the first lease ends in {left} s" if left > 0 else when
        return f"{counted(len(stray), 'orphan')} of {whose}, {when}"
    if silent := sum(entry["idle"] >= lease for entry in frame["ledger"]):
        return f"{counted(silent, 'lease')} ran out, though the worker is alive"
    if not any(n.values()):  # what consumers of one's own do with raw entries counts as no job of the queue
        return "Nothing waits, nothing is pending" if frame["workers"] else "No job has been accepted yet"
    recovered = any(past[5] for past in points)
    if n["done"] + n["dead"] == frame["accepted"] > 0:
        also = f", {n['dead']:,} dead" if n["dead"] else ", the orphans too" if recovered else ""
        return f"{'All ' * (not n['dead'])}{n['done']:,} accepted jobs are done{also}"
    if recovered:
        return "No orphan is left: the reaper took them back"
    if alive := sum(worker["state"] in ("idle", "running") for worker in frame["workers"]):
        return f"{counted(alive, 'worker')} at work, {counted(n['waiting'], 'job')} waiting"
    return f"{counted(n['waiting'], 'job')} waiting, and no worker to fetch them"


def spoken(frame: dict, points: list[list[float]]) -> str:
    """The picture in words, for whoever cannot see it."""
    n = places(frame)
    sums = ", ".join(f"{n[place]} {place}" for place in PLACES)
    team = ", ".join(f"{worker['name']} {_state(worker, frame)}" for worker in frame["workers"]) or "none"
    marks = ", ".join(f"{mark['label']} at {mark['t']:.1f} s" for mark in frame["marks"][-3:]) or "none"
    equation = f"{frame['accepted']} accepted = {sums} {_check(frame)}"
    return f"{finding(frame, points)}. After {frame['t']:.0f} s: {equation}. Workers: {team}. Faults: {marks}."


def _check(frame: dict) -> str:
    off = frame["accepted"] - sum(places(frame).values())
    return "✓" if off == 0 else f"✗ off by {off:,}"


def _headline(frame: dict) -> dict:
    n = places(frame)
    adds_up = _check(frame)
    numbers = {place: f"{n[place]:,}" for place in PLACES} | {"accepted": f"{frame['accepted']:,}"}
    found = {"check": adds_up, "check@class": "check" if adds_up == "✓" else "check wrong"}
    found["numbers@class"] = "numbers long" if max(map(len, numbers.values())) > 6 else "numbers"
    found["dead.box@class"] = "trouble" if n["dead"] else ""
    return found | numbers


def in_order(frame: dict) -> list[dict]:
    """The PEL, those to worry about first (orphans, and entries no heartbeat has renewed for half a lease), each
    part in the order of its ids: so that a row stays where it is for as long as its entry is pending."""

    def key(entry):
        calm = not entry["orphan"] and entry["idle"] < frame["lease"] / 2
        return calm, [int(part) for part in entry["entry"].split("-")]

    return sorted(frame["ledger"], key=key)


def _ledger(frame: dict) -> dict:
    team = {worker["name"]: worker for worker in frame["workers"]}
    entries, lease = in_order(frame), frame["lease"]
    found = {
        "lease": f"lease {lease:g} s" if lease else "lease",
        "empty": "" if entries else "empty: no job is in a worker's hands",
    }
    for form, rows in ROWS.items():
        rest = entries[rows:]
        worry = sum(entry["orphan"] or entry["idle"] >= lease for entry in rest)
        fine = f"{worry:,} of them orphaned or expired" if worry else "all within their lease"
        found[f"{form}:more"] = f"and {len(rest):,} more, {fine}" if rest else ""
        for i in range(max(ROWS.values())):
            found[f"{form}:row{i}@class"] = _row_class(entries[i], lease) if i < min(rows, len(entries)) else "off"
    for i in range(max(ROWS.values())):
        entry = entries[i] if i < len(entries) else {"tier": "normal", "worker": "", "idle": 0.0, "orphan": False}
        worker = team.get(entry["worker"], NOBODY)
        flags = ["orphan"] * entry["orphan"] + ["expired"] * (lease <= entry["idle"])
        found |= {
            f"row{i}.tier": entry["tier"],
            f"row{i}.glyph@d": TIER_SHAPES.get(entry["tier"], ""),
            f"row{i}.glyph@class": f"stroke tier-{TIERS.index(entry['tier']) if entry['tier'] in TIERS else 1}",
            f"row{i}.entry": entry.get("entry", ""),
            f"row{i}.worker": entry["worker"],
            f"row{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
            f"row{i}.shape@class": _worker_class(worker),
            f"row{i}.bar@width": f"{min(BAR, LEASE_AT * entry['idle'] / lease if lease else 0):.1f}",
            f"row{i}.bar@class": f"bar w{worker['colour'] % len(WORKER_COLOURS)}",
            f"row{i}.idle": f"{entry['idle']:.1f} s",
            f"row{i}.flag": ", ".join(flags),
        }
    return found


def _row_class(entry: dict, lease: float) -> str:
    return "row" + " orphan" * entry["orphan"] + " late" * (entry["idle"] >= lease)


def _worker_class(worker: dict) -> str:
    gone = " hollow" if worker["state"] in ("dead", "gone") else ""
    return f"w{worker['colour'] % len(WORKER_COLOURS)}{gone}"


def _state(worker: dict, frame: dict) -> str:
    left = sum(entry["worker"] == worker["name"] for entry in orphans(frame))
    return {
        "starting": "starting",
        "idle": "idle, nothing to run",
        "running": f"running {counted(worker['running'], 'job')}",
        "frozen": "frozen: alive, but silent",
        "dead": f"dead, leaves {counted(left, 'orphan')}" if left else "dead, no orphan left",
        "gone": "gone, left in order",
    }[worker["state"]]


def _workers(frame: dict) -> dict:
    found = {"nobody": "" if frame["workers"] else "none hired yet"}
    for i in range(CARDS):
        here = i < len(frame["workers"])
        worker = frame["workers"][i] if here else NOBODY
        over = worker["state"] in ("dead", "gone")
        haunted = any(entry["worker"] == worker["name"] for entry in orphans(frame))
        found |= {
            f"card{i}@class": f"card {worker['state']}{' haunted' * haunted}" if here else "off",
            f"card{i}.name": worker["name"],
            f"card{i}.pid": f"pid {worker['pid']}" if worker.get("pid") else "",
            f"card{i}.state": _state(worker, frame) if here else "",
            f"card{i}.done": f"done {worker['done']:,}" if here else "",
            f"card{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
            f"card{i}.shape@class": _worker_class(worker),
            f"button{i}@class": "button" if here else "off",
            f"kill{i}@value": worker["name"],
            f"kill{i}@aria-label": f"kill -9 {worker['name']}" + (" (it is dead)" if over else ""),
            f"kill{i}@disabled": "" if over else None,
        }
    return found


def shaped(found: dict, *, wide: bool) -> dict:
    """The values of one of the two layouts."""
    form, other = ("wide:", "narrow:") if wide else ("narrow:", "wide:")
    return {key.removeprefix(form): value for key, value in found.items() if not key.startswith(other)}


def _layout(cards: int) -> dict:
    """Two layouts of the same panels: the ledger beside the rest, or below it."""
    lines = max(1, -(-min(cards, CARDS) // CARDS_A_LINE))
    below = WORKERS + 26 + lines * CARD_HEIGHT  # where the workers end
    tall = {form: 74 + 22 * rows for form, rows in ROWS.items()}
    heights = {"wide": max(below, 6 + tall["wide"]), "narrow": below + 24 + tall["narrow"]}
    ledger = {"wide": (COLUMN + GAP, 6), "narrow": (0, below + 24)}
    found = {}
    for form, width in {"wide": COLUMN + GAP + LEDGER, "narrow": COLUMN}.items():
        x, y = ledger[form]
        found[f"{form}:svg@viewBox"] = f"0 0 {width} {heights[form]}"
        found[f"{form}:ledger@transform"] = f"translate({x} {y})"
        found[f"{form}:more@y"] = str(48 + 22 * ROWS[form] + 17)
        found |= {f"{form}:{key}": value for key, value in _rows(form).items()}
    return found


def _rows(form: str) -> dict:
    """Where a row has room to spare, its lease clock takes it."""
    spare = {"wide": 0, "narrow": COLUMN - LEDGER}[form]
    stretch = (BAR + spare) / BAR
    return {
        "clock@transform": f"matrix({stretch:.4f} 0 0 1 {CLOCK} 0)",
        "after@transform": f"translate({spare} 0)",
        "lease@x": f"{CLOCK + stretch * LEASE_AT:.1f}",
        "limit@y2": str(48 + 22 * ROWS[form]),
        "rule@x2": str(LEDGER + spare),
        "wash@width": str(LEDGER + spare),
    }
