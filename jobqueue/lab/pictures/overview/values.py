"""The overview as values: every word, number and position of the picture. Pure, so tested as data.

The static picture is filled from this dict. A page is sent whatever changes in it.
"""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.language import WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.overview.ledger import BAR, CLOCK, LEASE_AT, NOBODY, ROWS, ledger, worker_class
from jobqueue.lab.pictures.overview.strip import COLUMN, strip
from jobqueue.lab.pictures.overview.words import check, finding, spoken, state
from jobqueue.lab.recording.frame import WorldFrame

CARDS, CARDS_A_LINE, CARD_HEIGHT = 12, 3, 86
LEDGER, GAP = 552, 28  # width of the pending list, and between it and the rest
WORKERS = 392  # where their panel begins


def values(frame: WorldFrame, points: Sequence[Sequence[float]], badge: str, names: EntryNames) -> Values:
    """The whole picture of `frame`, with `points` (oldest first) as its past."""
    values: Values = {"finding": finding(frame, points), "badge": badge, "picture@aria-label": spoken(frame, points)}
    values |= _headline(frame) | strip(frame, points) | ledger(frame, names) | _workers(frame)
    return values | _layout(len(frame.workers))


def _headline(frame: WorldFrame) -> Values:
    n = frame.places
    numbers = {place: f"{count:,}" for place, count in n.items()} | {"accepted": f"{frame.accepted:,}"}
    values: Values = {"check": check(frame), "check@class": "check wrong" if "off" in check(frame) else "check"}
    values["numbers@class"] = "numbers long" if max(map(len, numbers.values())) > 6 else "numbers"
    values["dead.box@class"] = "trouble" if n["dead"] else ""
    return values | numbers


def _workers(frame: WorldFrame) -> Values:
    values: Values = {"nobody": "" if frame.workers else "none hired yet"}
    for i in range(CARDS):
        here = i < len(frame.workers)
        worker = frame.workers[i] if here else NOBODY
        haunted = any(row.worker == worker.name for row in frame.orphans)
        values |= {
            f"card{i}@class": f"card {worker.state}{' haunted' * haunted}" if here else "off",
            f"card{i}.name": worker.name,
            f"card{i}.pid": f"pid {worker.pid}" if worker.pid else "",
            f"card{i}.state": state(worker, frame) if here else "",
            f"card{i}.done": f"done {worker.done:,}" if here and not worker.program else "",
            f"card{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
            f"card{i}.shape@class": worker_class(worker),
            f"button{i}@class": "button" if here else "off",
            f"kill{i}@value": worker.name,
            f"kill{i}@aria-label": f"kill -9 {worker.name}" + (" (it is dead)" if worker.over else ""),
            f"kill{i}@disabled": "" if worker.over else None,
        }
    return values


def _layout(cards: int) -> Values:
    """Two layouts of the same panels: the pending list next to the rest, or below it."""
    lines = max(1, -(-min(cards, CARDS) // CARDS_A_LINE))
    below = WORKERS + 26 + lines * CARD_HEIGHT  # where the workers end
    tall = {form: 74 + 22 * rows for form, rows in ROWS.items()}
    heights = {"wide": max(below, 6 + tall["wide"]), "narrow": below + 24 + tall["narrow"]}
    places = {"wide": (COLUMN + GAP, 6), "narrow": (0, below + 24)}
    values: Values = {}
    for form, width in {"wide": COLUMN + GAP + LEDGER, "narrow": COLUMN}.items():
        x, y = places[form]
        values[f"{form}:svg@viewBox"] = f"0 0 {width} {heights[form]}"
        values[f"{form}:ledger@transform"] = f"translate({x} {y})"
        values[f"{form}:more@y"] = str(48 + 22 * ROWS[form] + 17)
        values |= {f"{form}:{key}": value for key, value in _rows(form).items()}
    return values


def _rows(form: str) -> Values:
    """The positions on a row. If it has room to spare, its lease clock takes it."""
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
