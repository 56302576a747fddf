"""Each attempt at each job, from its beginning to its end: what the events say about it, put together. Pure."""

from collections.abc import Iterable
from math import isnan, nan
from operator import attrgetter

import msgspec

from jobqueue.lab.recording.frame import Event
from jobqueue.lab.recording.journal import ENDS

#: These make a job waiting: from then on it waits until it's fetched. (Delayed jobs are promoted first.)
WAITS = frozenset({"accepted", "promoted", "reaped", "released", "replayed"})

#: With these outcomes the work was thrown away, or done again.
WASTED = frozenset({"retried", "reaped", "released", "lost"})


class AttemptRow(msgspec.Struct):
    """One attempt. Times are in seconds, NaN where there is none."""

    job: str
    tier: str
    attempt: int
    entry: str
    worker: str
    waiting_s: float
    started_s: float = nan
    ended_s: float = nan
    wait_s: float = nan
    run_s: float = nan
    outcome: str = "running"
    wasted: bool = False


COLUMNS = AttemptRow.__struct_fields__


def attempts(events: Iterable[Event]) -> list[AttemptRow]:
    """One row per attempt, in the order of their beginnings.

    If an attempt was reaped from a living worker, which went on and lost its outcome, it's `lost`, and ends when that
    worker's handler did. If it used up the last chance, it's `reaped` too, because its job is dead. If it was delivered
    and never begun, it has no `started_s`.
    """
    rows: dict[tuple[str, str], AttemptRow] = {}
    waiting: dict[str, float] = {}  # since when each job waits
    for event in sorted(events, key=attrgetter("t")):
        if event.event == "fetched" or event.event in ENDS:
            row = rows.setdefault((event.job, event.entry), _new(event, waiting.get(event.job, nan)))
            if event.event == "fetched":
                row.started_s = event.t
            else:
                row.ended_s, row.outcome = event.t, event.event
            row.tier, row.attempt = row.tier or event.tier, row.attempt or event.attempt
        if event.event in WAITS:
            waiting[event.job] = event.t
    for row in rows.values():
        _complete(row)
    return list(rows.values())


def _new(event: Event, waiting_s: float) -> AttemptRow:
    return AttemptRow(event.job, event.tier, event.attempt, event.entry, event.worker, waiting_s)


def _complete(row: AttemptRow) -> None:
    """Add what follows from the rest."""
    wait_s, row.run_s = row.started_s - row.waiting_s, row.ended_s - row.started_s
    row.wait_s = wait_s if isnan(wait_s) else max(0.0, wait_s)
    row.wasted = not isnan(row.started_s) and row.outcome in WASTED
