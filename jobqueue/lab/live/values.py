"""What a frame looks like: every word, number and position of the picture, as one flat dict. Pure, so tested as data.

A key names a node of the picture: `"done"` is its text, `"row3.bar@width"` an attribute (None: the attribute is
absent). `wide:` or `narrow:` before a key means: in that layout only. Lengths are in the picture's own units, about
one CSS pixel. The static picture is filled from this dict; the live one is sent what changed in it.
"""

from math import ceil

from jobqueue.lab.live.language import PLACES, TIER_SHAPES, TIERS, WORKER_COLOURS, WORKER_SHAPES

ROWS = {"wide": 16, "narrow": 10}  # rows of the ledger
CARDS, CARDS_A_LINE, CARD_HEIGHT = 12, 3, 80
MARKS, TIMES = 8, 7
COLUMN, LEDGER, GAP = 640, 500, 32  # widths of the left column, of the ledger, and between them

PLOT = (44, 520)  # left edge and width of both lanes
LANES = {"jobs": (48, 104), "pending": (182, 62)}  # top and height
BAR, LEASE_AT = 112, 90  # width of a lease clock, and where on it the lease runs out
WINDOW = 60.0  # seconds the live strip looks back

NOTHING = {"t": 0.0, "waiting": {}, "pending": {}, "delayed": {}, "dead": 0, "done": 0, "accepted": 0, "lease": 0.0}
NOTHING |= {"ledger": [], "workers": [], "marks": []}

NOBODY = {"name": "", "state": "gone", "running": 0, "done": 0, "colour": 0, "shape": 0}


def places(frame: dict) -> dict[str, int]:
    """How many jobs are in each place."""
    count = {place: sum(frame[place].values()) for place in ("waiting", "pending", "delayed")}
    return {place: count.get(place, frame.get(place)) for place in PLACES}


def orphans(frame: dict) -> list[dict]:
    """The pending entries whose worker's process is dead."""
    return [entry for entry in frame["ledger"] if entry["orphan"]]


def point(frame: dict) -> list[float]:
    """What the strip remembers of a frame: seconds, then the tops of its areas (everything, all but waiting, done),
    then pending and orphans."""
    n = places(frame)
    everything = sum(n.values())
    left = everything - n["waiting"]
    return [round(frame["t"], 2), everything, left, n["done"], n["pending"], len(orphans(frame))]


def values(frame: dict, points: list[list[float]], badge: str = "") -> dict[str, str | None]:
    """The whole picture of `frame`, with `points` (oldest first) as its past."""
    points = points or [point(frame)]
    found = {"finding": finding(frame, points), "badge": badge}
    found |= _headline(frame) | _strip(frame, points) | _ledger(frame) | _workers(frame)
    return found | _layout(len(frame["workers"])) | {"picture@aria-label": spoken(frame, points)}


def finding(frame: dict, points: list[list[float]]) -> str:
    """The picture's title: what is to be seen in it now, in one sentence."""
    n, stray = places(frame), orphans(frame)
    recovered = not stray and any(past[5] for past in points)
    if stray:
        names = " and ".join(sorted({entry["worker"] for entry in stray}))
        what = f"{_count(len(stray), 'job')} of {names} {'is an orphan' if len(stray) == 1 else 'are orphans'}"
        left = ceil(frame["lease"] - max(entry["idle"] for entry in stray))
        return f"{what}, {f'the first lease ends in {left} s' if left > 0 else 'their lease is over'}"
    if frame["accepted"] == 0:
        return "No job has been accepted yet"
    if n["done"] == frame["accepted"]:
        return f"All {n['done']:,} accepted jobs are done{', the orphans too' if recovered else ''}"
    if recovered:
        return "No orphan is left: the reaper moved them back to waiting"
    alive = sum(worker["state"] in ("idle", "running") for worker in frame["workers"])
    if not alive:
        return f"{_count(n['waiting'], 'job')} waiting, and no worker to fetch them"
    return f"{_count(alive, 'worker')} at work, {n['waiting']:,} jobs waiting"


def spoken(frame: dict, points: list[list[float]]) -> str:
    """The picture in words, for whoever cannot see it."""
    n = places(frame)
    sums = ", ".join(f"{n[place]} {place}" for place in PLACES)
    team = ", ".join(f"{worker['name']} {_state(worker, frame)}" for worker in frame["workers"]) or "none"
    marks = ", ".join(f"{mark['label']} at {mark['t']:.1f} s" for mark in frame["marks"][-3:]) or "none"
    equation = f"{frame['accepted']} accepted = {sums} {_check(frame)}"
    return f"{finding(frame, points)}. After {frame['t']:.0f} s: {equation}. Workers: {team}. Faults: {marks}."


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _check(frame: dict) -> str:
    off = frame["accepted"] - sum(places(frame).values())
    return "✓" if off == 0 else f"✗ {off:+,}"


def _headline(frame: dict) -> dict:
    n = places(frame)
    adds_up = _check(frame)
    numbers = {place: f"{n[place]:,}" for place in PLACES} | {"accepted": f"{frame['accepted']:,}"}
    found = {"check": adds_up, "check@class": "check" if adds_up == "✓" else "check wrong"}
    found["numbers@class"] = "numbers long" if max(map(len, numbers.values())) > 6 else "numbers"
    found["dead.box@class"] = "trouble" if n["dead"] else ""
    return found | numbers


def _ceiling(n: float) -> int:
    """The first round number not below `n`, one that can be halved."""
    return next(
        step * 10**power for power in range(9) for step in (10, 16, 20, 30, 40, 60, 80) if step * 10**power >= n
    )


def _span(points: list[list[float]]) -> tuple[float, float]:
    """First and last second of the time axis: it grows in steps, so that it stands still in between."""
    first, last = points[0][0], points[-1][0]
    return first, first + next((span for span in (20, 30, 45, WINDOW) if span >= last - first), last - first)


def _strip(frame: dict, points: list[list[float]]) -> dict:
    begin, end = _span(points)
    left, width = PLOT
    seconds = width / (end - begin)
    tops = {"jobs": _ceiling(max(p[1] for p in points)), "pending": _ceiling(max(p[4] for p in points))}
    found = {}
    for lane, (top, height) in LANES.items():  # a matrix: seconds and jobs → units
        floor, scale = top + height, height / tops[lane]
        found[f"{lane}@transform"] = f"matrix({seconds:.4f} 0 0 {-scale:.5f} {left - begin * seconds:.2f} {floor})"
        found |= {f"{lane}.{share}": f"{tops[lane] * share // 2:,}" for share in (0, 1, 2)}
    found |= _tips(frame, points[-1], left + (points[-1][0] - begin) * seconds, tops)
    found |= _times(begin, end, seconds) | _marks(frame, begin, seconds)
    return found


def _tips(frame: dict, last: list[float], x: float, tops: dict) -> dict:
    """Labels at the right end of each area. Those that would overlap are pushed apart."""
    n = places(frame)
    _, everything, moved, done, pending, stray = last
    middle = " · ".join(f"{place} {n[place]:,}" for place in ("delayed", "dead") if n[place])
    wanted = {
        "jobs": [
            ("done", f"done {n['done']:,}", done / 2),
            ("middle", middle, (done + moved) / 2),
            ("waiting", f"waiting {n['waiting']:,}", (moved + everything) / 2),
        ],
        "pending": [
            ("orphans", _count(stray, "orphan") if stray else "", stray / 2),
            ("pending", f"pending {pending:,}", max(pending, stray + 1)),
        ],
    }
    found = {}
    for lane, labels in wanted.items():
        top, height = LANES[lane]
        highest = top + height + 15
        for name, words, at in labels:  # from the bottom up
            y = min(top + height - height * at / tops[lane] + 4, highest - 15)
            found[f"tip.{name}.label"] = words
            found[f"tip.{name}@transform"] = f"translate({x + 7:.1f} {y:.1f})"
            highest = y if words else highest
    return found


def _times(begin: float, end: float, seconds: float) -> dict:
    step = next(step for step in (5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if (end - begin) / step < TIMES)
    first = -int(-begin // step)
    found = {}
    for i in range(TIMES):
        at = (first + i) * step
        x = PLOT[0] + (at - begin) * seconds
        found[f"time{i}.label"] = f"{at} s" if at <= end else ""
        found[f"time{i}@transform"] = f"translate({x:.1f} 0)"
    return found


def _marks(frame: dict, begin: float, seconds: float) -> dict:
    """The latest faults. A label that would run into its neighbour's goes one line up."""
    marks = [mark for mark in frame["marks"] if mark["t"] >= begin][-MARKS:]
    found, taken = {}, [-1e9, -1e9]
    for i in range(MARKS):
        mark = marks[i] if i < len(marks) else None
        x = PLOT[0] + (mark["t"] - begin) * seconds if mark else 0
        words = f"{mark['label']}, {mark['t']:.1f} s" if mark else ""
        line = 0 if x >= taken[0] else 1
        flipped = x + 6.6 * len(words) > COLUMN
        taken[line] = x + 6.6 * len(words) + 10
        found[f"mark{i}@class"] = "mark" if mark else "off"
        found[f"mark{i}@transform"] = f"translate({x:.1f} 0)"
        found[f"mark{i}.label"] = words
        found[f"mark{i}.label@y"] = str(38 - 15 * line)
        found[f"mark{i}.label@class"] = "label end" if flipped else "label"
    return found


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
    found = {"lease": f"lease {lease:g} s", "empty": "" if entries else "empty: no job is in a worker's hands"}
    for form, rows in ROWS.items():
        rest = entries[rows:]
        worry = sum(entry["orphan"] or entry["idle"] >= lease for entry in rest)
        fine = f"{worry:,} of them orphaned or expired" if worry else "all within their lease"
        found[f"{form}:more"] = f"and {len(rest):,} more, {fine}" if rest else ""
        for i in range(max(ROWS.values())):
            found[f"{form}:row{i}@class"] = _row_class(entries[i], lease) if i < min(rows, len(entries)) else "off"
    for i in range(max(ROWS.values())):
        entry = entries[i] if i < len(entries) else {"tier": "normal", "worker": "", "idle": 0.0, "orphan": False}
        worker = team.get(entry["worker"], {"colour": 0, "shape": 0, "state": "gone"})
        flags = ["orphan"] * entry["orphan"] + ["expired"] * (lease <= entry["idle"])
        job = str(entry.get("job", ""))
        found |= {
            f"row{i}.tier": entry["tier"],
            f"row{i}.tier@d": TIER_SHAPES.get(entry["tier"], ""),
            f"row{i}.tier@class": f"stroke tier-{TIERS.index(entry['tier']) if entry['tier'] in TIERS else 1}",
            f"row{i}.entry": entry.get("entry", ""),
            f"row{i}.worker": entry["worker"],
            f"row{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
            f"row{i}.shape@class": _worker_class(worker),
            f"row{i}.bar@width": f"{min(BAR, LEASE_AT * entry['idle'] / lease if lease else 0):.1f}",
            f"row{i}.bar@class": f"bar w{worker['colour'] % len(WORKER_COLOURS)}",
            f"row{i}.idle": f"{entry['idle']:.1f} s",
            f"row{i}.flag": ", ".join(flags),
            f"row{i}.job": job if len(job) <= 18 else job[:17] + "…",
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
        "running": f"running {_count(worker['running'], 'job')}",
        "frozen": "frozen: alive, but silent",
        "dead": f"dead, leaves {_count(left, 'orphan')}" if left else "dead, no orphan left",
        "gone": "gone, left in order",
    }[worker["state"]]


def _workers(frame: dict) -> dict:
    found = {"nobody": "" if frame["workers"] else "none hired yet"}
    for i in range(CARDS):
        here = i < len(frame["workers"])
        worker = (
            frame["workers"][i]
            if here
            else {"name": "", "state": "gone", "colour": 0, "shape": 0, "running": 0, "done": 0}
        )
        over = worker["state"] in ("dead", "gone")
        found |= {
            f"card{i}@class": f"card {worker['state']}" if here else "off",
            f"card{i}.name": worker["name"],
            f"card{i}.pid": f"pid {worker['pid']}" if worker.get("pid") else "",
            f"card{i}.state": _state(worker, frame),
            f"card{i}.done": f"done {worker['done']:,}",
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
    below = 382 + 26 + lines * CARD_HEIGHT  # where the workers end
    heights = {
        "wide": max(below, 6 + 48 + 22 * ROWS["wide"] + 26),
        "narrow": below + 24 + 48 + 22 * ROWS["narrow"] + 26,
    }
    ledger = {"wide": (COLUMN + GAP, 6), "narrow": (0, below + 24)}
    found = {}
    for form, width in {"wide": COLUMN + GAP + LEDGER, "narrow": COLUMN}.items():
        x, y = ledger[form]
        found[f"{form}:svg@viewBox"] = f"0 0 {width} {heights[form]}"
        found[f"{form}:ledger@transform"] = f"translate({x} {y})"
        found[f"{form}:more@y"] = str(48 + 22 * ROWS[form] + 17)
    return found
