"""Each attempt at each job, pieced together from the events: when it waited, ran and ended, and whether in vain."""

from collections.abc import Iterable

from jobqueue.lab.journal import ENDS, Event

#: The columns of a table of attempts.
COLUMNS = (
    "job", "tier", "attempt", "entry", "worker",
    "waiting_s", "started_s", "ended_s", "wait_s", "run_s", "outcome", "wasted",
)  # fmt: skip

#: Events after which a job waits, in a new entry.
WAITS = frozenset({"accepted", "promoted", "replayed", "reaped", "released"})

#: Outcomes of work that somebody has to do again, or whose result nobody took.
FOR_NOTHING = frozenset({"reaped", "lost", "released", "retried"})


def attempts(events: Iterable[Event]) -> list[dict]:
    """A row an attempt that began, in the order of beginnings; of one that still runs, `ended_s` is None.

    An attempt that was reaped and goes on in a slow worker ends as `reaped`, and once more as `lost` if its outcome
    was discarded: the later word counts, because until then it was working for nothing.
    """
    rows: dict[tuple[str, str], dict] = {}
    waiting: dict[str, float] = {}  # job → since when it waits
    for event in events:
        key = event.job, event.entry
        if event.event in WAITS:
            waiting[event.job] = event.t
        if event.event == "fetched":
            rows[key] = _begun(event, waiting.get(event.job))
        elif event.event in ENDS and key in rows:
            _end(rows[key], event)
    return list(rows.values())


def _begun(event: Event, waiting: float | None) -> dict:
    return {
        "job": event.job,
        "tier": event.tier,
        "attempt": event.attempt,
        "entry": event.entry,
        "worker": event.worker,
        "waiting_s": waiting,
        "started_s": event.t,
        "ended_s": None,
        "wait_s": None if waiting is None else max(0.0, event.t - waiting),
        "run_s": None,
        "outcome": "running",
        "wasted": False,
    }


def _end(row: dict, event: Event) -> None:
    row["tier"] = row["tier"] or event.tier
    row["ended_s"], row["run_s"] = event.t, max(0.0, event.t - row["started_s"])
    row["outcome"], row["wasted"] = event.event, event.event in FOR_NOTHING
