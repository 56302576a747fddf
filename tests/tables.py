"""Recordings made by hand, as tables, and ways to read the charts of them."""

import re

import pandas as pd

from jobqueue.lab import charts
from jobqueue.lab.recording.recording import Recording

CHARTS = (
    charts.admission,
    charts.executions,
    charts.pel_by_consumer,
    charts.retries,
    charts.starvation,
    charts.waits,
)


def recorded(**tables):
    """A recording with these tables; the others are those of a recording in which nothing happened."""
    recording = Recording([])
    for name, rows in tables.items():
        empty = getattr(recording, name)
        table = pd.DataFrame(rows)
        assert set(table.columns) <= set(empty.columns), "a table has the columns that recordings have"
        numbers = {
            column: float
            for column in table.columns
            if column.endswith("_s") or column in ("capacity_jobs", "reopens_jobs")
        }
        setattr(recording, name, table.astype(numbers).reindex(columns=empty.columns))
    return recording


def pel(worker, jobs, orphans=None, every=1.0):
    orphans = orphans or [0] * len(jobs)
    return [
        {"t_s": i * every, "worker": worker, "pending_jobs": held, "orphan_jobs": lost}
        for i, (held, lost) in enumerate(zip(jobs, orphans, strict=True))
    ]


def attempt(
    job, tier="normal", number=1, worker="ada", waiting=0.0, started=0.0, ended=1.0, outcome="done", wasted=False
):
    return {
        "job": job,
        "tier": tier,
        "attempt": number,
        "entry": f"{job}-{number}",
        "worker": worker,
        "waiting_s": waiting,
        "started_s": started,
        "ended_s": ended,
        "wait_s": started - waiting,
        "run_s": ended - started,
        "outcome": outcome,
        "wasted": wasted,
    }


def sample(t, tier="normal", waiting=0, pending=0, delayed=0, oldest=None, **capacity):
    counts = {"waiting_jobs": waiting, "pending_jobs": pending, "delayed_jobs": delayed}
    return {"t_s": t, "tier": tier} | counts | {"oldest_wait_s": oldest} | capacity


def mark(t, label, fault=True, until=None):
    return {"t_s": t, "label": label, "fault": fault, "until_s": until}


def drawn(figure, meta):
    [trace] = [trace for trace in getattr(figure, "data", figure) if trace.meta == meta]
    return trace


def plain(text):
    return re.sub(r"<[^>]+>", "", text.replace("<br>", " ")).replace("\N{NO-BREAK SPACE}", " ")


def title(figure):
    return plain(figure.layout.title.text)


def starved():
    """low waits from second 1 to 9 and is begun only then; high is begun each half second until 8."""
    highs = [attempt(f"h{i}", "high", waiting=i / 2, started=i / 2) for i in range(17)]
    samples = [sample(t, "low", waiting=1, oldest=t - 1.0) for t in (2.0, 5.0, 8.0)]
    samples = [sample(1.0, "low"), *samples, sample(9.0, "low"), sample(0.5, "high", waiting=1, oldest=0.0)]
    return recorded(samples=samples, attempts=[*highs, attempt("l", "low", waiting=1.0, started=8.9, ended=9.5)])


def killed():
    """ada is killed at 2.0, running a; a is reaped at 6.0 and run again by ben, who also runs b and c side by side."""
    runs = [
        attempt("a", worker="ada", started=1.0, ended=6.0, outcome="reaped", wasted=True),
        attempt("b", worker="ben", started=1.0, ended=3.0),
        attempt("c", worker="ben", started=2.0, ended=4.0),
        attempt("a", worker="ben", number=2, started=6.5, ended=7.5),
    ]
    workers = [{"t_s": t, "worker": "ada", "state": s} for t, s in ((0.0, "running"), (2.0, "dead"), (9.0, "dead"))]
    return recorded(attempts=runs, workers=[*workers, {"t_s": 0.0, "worker": "ben", "state": "idle"}])


def counted(*rows):
    return [{"t_s": t, "accepted_jobs": accepted, "refused_jobs": refused} for t, accepted, refused in rows]


def full(**tables):
    samples = [
        sample(t, "low", waiting=depth - 1, pending=1, capacity_jobs=500, reopens_jobs=400)
        for t, depth in ((0.0, 10), (1.0, 500), (2.0, 499))
    ]
    return recorded(samples=samples, totals=counted((0.0, 10, 0), (1.0, 600, 0), (2.0, 610, 390)), **tables)


def failing(times):
    """A job a time, that fails once and is waiting again at that time."""
    first = [attempt(f"j{i}", started=0.0, ended=0.1, outcome="retried") for i, _ in enumerate(times)]
    return first + [attempt(f"j{i}", number=2, waiting=t, started=t + 0.5, ended=t + 1) for i, t in enumerate(times)]
