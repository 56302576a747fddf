"""The overview's pending list (PEL) as values: a row per entry, with a clock for its lease."""

from jobqueue.lab.pictures.base.language import TIER_SHAPES, TIERS, WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.recording.frame import PelRow, WorkerRow, WorldFrame

ROWS = {"wide": 16, "narrow": 10}  # rows there's room for
BAR, LEASE_AT = 104, 84  # width of a lease clock, and where on it the lease runs out
CLOCK = 282  # where on a row it begins

NOBODY = WorkerRow("", "gone", 0, 0)
NO_ENTRY = PelRow("", "normal", "", 0.0, "", 0)


def ledger(frame: WorldFrame, names: EntryNames) -> Values:
    """The rows, and what the list says about those that don't fit."""
    team = {worker.name: worker for worker in frame.workers}
    entries, lease = in_order(frame), frame.lease
    values: Values = {
        "lease": f"lease {lease:g} s" if lease else "lease",
        "empty": "" if entries else "empty: no worker holds a job",
    }
    for form, rows in ROWS.items():
        values[f"{form}:more"] = _more(entries[rows:], lease)
        for i in range(max(ROWS.values())):
            shown = i < min(rows, len(entries))
            values[f"{form}:row{i}@class"] = _row_class(entries[i], lease) if shown else "off"
    for i in range(max(ROWS.values())):
        entry = entries[i] if i < len(entries) else NO_ENTRY
        values |= _row(i, entry, team.get(entry.worker, NOBODY), lease)
        values[f"row{i}.entry"] = names.name(entry.tier, entry.entry)
    return values


def in_order(frame: WorldFrame) -> list[PelRow]:
    """The entries, those to worry about first: orphans, and entries that no heartbeat has renewed for half a lease.

    Each part is in the order of its ids, so a row stays where it is for as long as its entry is pending.
    """

    def key(row: PelRow) -> tuple[bool, list[int]]:
        calm = not row.orphan and row.idle < frame.lease / 2
        return calm, [int(part) for part in row.entry.split("-")]

    return sorted(frame.ledger, key=key)


def _more(rest: list[PelRow], lease: float) -> str:
    worry = sum(row.orphan or row.idle >= lease for row in rest)
    fine = f"{worry:,} of them orphaned or expired" if worry else "all within their lease"
    return f"and {len(rest):,} more, {fine}" if rest else ""


def _row(i: int, row: PelRow, worker: WorkerRow, lease: float) -> Values:
    flags = ["orphan"] * row.orphan + ["expired"] * (lease <= row.idle)
    return {
        f"row{i}.tier": row.tier,
        f"row{i}.glyph@d": TIER_SHAPES.get(row.tier, ""),
        f"row{i}.glyph@class": f"stroke tier-{TIERS.index(row.tier) if row.tier in TIERS else 1}",
        f"row{i}.worker": row.worker,
        f"row{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
        f"row{i}.shape@class": worker_class(worker),
        f"row{i}.bar@width": f"{min(BAR, LEASE_AT * row.idle / lease if lease else 0):.1f}",
        f"row{i}.bar@class": f"bar w{worker.colour % len(WORKER_COLOURS)}",
        f"row{i}.idle": f"{row.idle:.1f} s",
        f"row{i}.flag": ", ".join(flags),
    }


def _row_class(row: PelRow, lease: float) -> str:
    return "row" + " orphan" * row.orphan + " late" * (row.idle >= lease)


def worker_class(worker: WorkerRow) -> str:
    """A worker's colour; hollow, if its process has ended."""
    return f"w{worker.colour % len(WORKER_COLOURS)}{' hollow' if worker.over else ''}"
