"""Each attempt at each job, from its beginning to its end: what the events say of it, put together. Pure."""

import math
from collections.abc import Iterable
from operator import attrgetter

from jobqueue.lab.journal import ENDS, Event

#: What makes a job waiting; from then on it waits to be fetched. (Delayed ones are promoted before.)
WAITS = frozenset({"accepted", "promoted", "reaped", "released", "replayed"})

#: What came of these was thrown away, or the work was done again.
WASTED = frozenset({"retried", "reaped", "released", "lost"})

COLUMNS = (
    *("job", "tier", "attempt", "entry", "worker"),
    *("waiting_s", "started_s", "ended_s", "wait_s", "run_s", "outcome", "wasted"),
)


def attempts(events: Iterable[Event]) -> list[dict]:
    """A row an attempt, in the order of their beginnings; times in seconds, NaN where there is none.

    An attempt that was reaped under a living worker, which went on and lost its outcome, is `lost`, and ends when that
    worker's handler did. One whose last chance it was is `reaped`, too: its job is dead. One that was delivered and
    never begun has no `started_s`.
    """
    rows: dict[tuple[str, str], dict] = {}
    waiting: dict[str, float] = {}  # since when each job does
    for event in sorted(events, key=attrgetter("t")):
        if event.event == "fetched" or event.event in ENDS:
            row = rows.setdefault((event.job, event.entry), _new(event, waiting.get(event.job, math.nan)))
            if event.event == "fetched":
                row["started_s"] = event.t
            else:
                row["ended_s"], row["outcome"] = event.t, event.event
            row["tier"], row["attempt"] = row["tier"] or event.tier, row["attempt"] or event.attempt
        if event.event in WAITS:
            waiting[event.job] = event.t
    return [_told(row) for row in rows.values()]


def _new(event: Event, waiting_s: float) -> dict:
    known = {"job": event.job, "tier": event.tier, "attempt": event.attempt, "entry": event.entry}
    times = {"waiting_s": waiting_s, "started_s": math.nan, "ended_s": math.nan}
    return known | {"worker": event.worker} | times | {"outcome": "running"}


def _told(row: dict) -> dict:
    """With what follows from the rest."""
    begun = not math.isnan(row["started_s"])
    wait_s, run_s = row["started_s"] - row["waiting_s"], row["ended_s"] - row["started_s"]
    times = {"wait_s": wait_s if math.isnan(wait_s) else max(0.0, wait_s), "run_s": run_s}
    return row | times | {"wasted": begun and row["outcome"] in WASTED}
