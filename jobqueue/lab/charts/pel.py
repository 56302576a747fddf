"""The pending list (PEL) by consumer: the jobs that workers hold, and those that dead workers left there."""

from typing import NamedTuple

import pandas as pd

from jobqueue.lab.charts.chart import Chart, Look, from_zero, ink, nothing, sheet, state
from jobqueue.lab.charts.timeline import over_time
from jobqueue.lab.charts.words import listed, seconds
from jobqueue.lab.charts.workers import colours, named
from jobqueue.lab.pictures.base.language import TROUBLE
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

HOARD = 3  # a worker hoards if it held this many times as much as any other


class Orphaned(NamedTuple):
    """Jobs that a dead worker held. Times in seconds."""

    worker: str
    jobs: int
    since: float
    until: float
    #: Another worker took them before the recording ended.
    taken: bool
    #: What was done to the worker; empty if nothing was, as when a job kills its worker.
    blow: str


def pel_by_consumer(recording: Recording, *, span_s: float | None = None) -> Chart:
    """Pending jobs by worker, stacked; those of dead workers at the bottom, hatched."""
    held, orphans = _table(recording, "pending_jobs"), _table(recording, "orphan_jobs")
    if held.empty:
        return nothing("no job was ever pending")
    figure, colour = sheet(1), colours(recording)
    for worker in orphans.columns[orphans.any()]:
        hatch = {"shape": "/", "fgcolor": TROUBLE, "bgcolor": colour[worker], "size": 7, "solidity": 0.45}
        _area(figure, orphans[worker], f"{worker}, dead", f"orphans of {worker}", TROUBLE, {"fillpattern": hatch})
    for worker in held.columns:
        kept = held[worker] - orphans[worker]
        _area(figure, kept, named(recording, worker), worker, colour[worker], {"fillcolor": colour[worker]})
    most = float(held.sum(axis=1).max())
    from_zero(figure, most, "pending jobs")
    over_time(figure, recording, span_s)
    left = _orphaned(orphans, recording.marks)
    longest = max((each.until - each.since for each in left), default=0.0)
    measures = {
        "longest time under a dead worker": (longest, "s"),
        "most jobs pending at once": (most, "jobs"),
    }
    return state(figure, _of_orphans(left) or _of_living(held), measures)


def _table(recording: Recording, column: str) -> pd.DataFrame:
    """A column of `recording.pel`, without gaps: a row per moment, a column per worker in the order of their hiring."""
    pel = recording.pel
    table = pel.pivot_table(index="t_s", columns="worker", values=column, aggfunc="sum", fill_value=0)
    times = sorted(set(pel["t_s"]) | set(recording.samples["t_s"]))
    workers = [worker for worker in colours(recording) if worker in table.columns]
    return table.reindex(index=times, columns=workers, fill_value=0)


def _area(figure: Chart, jobs: pd.Series, name: str, key: str, colour: str, fill: Look) -> None:
    figure.add_scatter(
        x=jobs.index,
        y=jobs,
        stackgroup="pel",
        mode="lines",
        line={"color": colour, "width": 1, "shape": "hv"},
        name=ink(name),
        meta=key,
        hovertemplate=f"{name}: %{{y}} pending at %{{x:.1f}} s<extra></extra>",
        **fill,
    )


def _orphaned(orphans: pd.DataFrame, marks: pd.DataFrame) -> list[Orphaned]:
    """For each worker that died with jobs: how many, and from its death until another worker took them."""
    dead = []
    for worker in orphans.columns[orphans.any()]:
        left = orphans[worker]
        first, last = left[left > 0].index[[0, -1]]
        later = left.index[left.index > last]
        blamed = marks[marks["fault"] & (marks["t_s"] <= first) & marks["label"].str.endswith(f" {worker}")]
        since = float(blamed["t_s"].iloc[-1]) if len(blamed) else float(first)
        after = blamed["label"].iloc[-1].removesuffix(f" {worker}") if len(blamed) else ""
        until = float(later[0] if len(later) else last)
        dead.append(Orphaned(worker, int(left.max()), since, until, bool(len(later)), after))
    return dead


def _of_orphans(dead: list[Orphaned]) -> str:
    if not dead:
        return ""
    jobs = sum(each.jobs for each in dead)
    worst = max(dead, key=lambda each: each.until - each.since)
    lasted = seconds(worst.until - worst.since)
    names = listed(each.worker for each in dead)
    whose = f"{names}'s {counted(jobs, 'job')}" if len(dead) == 1 else f"{counted(jobs, 'job')} of {names}"
    up_to, died = ("", "its process died") if len(dead) == 1 else ("up to ", "their processes died")
    after = worst.blow or died
    if all(each.taken for each in dead):
        return f"{whose} stayed pending for {up_to}{lasted} after {after}"
    verb = "was" if jobs == 1 else "were"
    return f"{whose} {verb} still pending {lasted} after {after}: no worker takes them"


def _of_living(held: pd.DataFrame) -> str:
    most, total = held.max().sort_values(ascending=False), held.sum(axis=1)
    if len(most) > 1 and most.iloc[0] >= HOARD * max(1, most.iloc[1]):
        return f"{most.index[0]} held up to {counted(most.iloc[0], 'job')}, no other worker more than {most.iloc[1]:,}"
    if total.iloc[-1] == total.max() > 0:
        return f"{counted(total.iloc[-1], 'job')} were pending at the end, more than ever before"
    return f"Never more than {counted(total.max(), 'job')} pending at once, and none was left by a dead worker"
