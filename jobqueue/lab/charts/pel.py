"""The pending entries list by consumer: who holds jobs, and who holds them no more but is not relieved of them."""

from typing import NamedTuple

import pandas as pd

from jobqueue.lab.charts.chart import Chart, from_zero, ink, nothing, sheet, state
from jobqueue.lab.charts.timeline import over_time
from jobqueue.lab.charts.words import listed, seconds
from jobqueue.lab.charts.workers import colours, named
from jobqueue.lab.live.frame import counted
from jobqueue.lab.live.language import TROUBLE
from jobqueue.lab.recording import Recording

HOARD = 3  # times what anybody else held, is a hoard


class Orphaned(NamedTuple):
    """Jobs that a dead worker held. Times in seconds."""

    worker: str
    jobs: int
    since: float
    until: float
    #: Somebody took them, before the recording ended.
    taken: bool
    #: What was done to the worker; empty if nobody did it, as when a job kills its worker.
    blow: str


def pel_by_consumer(recording: Recording, *, span_s: float | None = None) -> Chart:
    """Pending jobs by the worker that holds them, one upon the other; those of dead workers at the bottom, hatched."""
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
    found = _orphaned(orphans, recording.marks)
    longest = max((each.until - each.since for each in found), default=0.0)
    measures = {
        "longest time under a dead worker": (longest, "s"),
        "most jobs pending at once": (most, "jobs"),
    }
    return state(figure, _of_orphans(found) or _of_living(held), measures)


def _table(recording: Recording, column: str) -> pd.DataFrame:
    """A column of `recording.pel`: a row a moment, a column a worker in the order of their hiring, without gaps."""
    pel = recording.pel
    table = pel.pivot_table(index="t_s", columns="worker", values=column, aggfunc="sum", fill_value=0)
    times = sorted(set(pel["t_s"]) | set(recording.samples["t_s"]))
    workers = [worker for worker in colours(recording) if worker in table.columns]
    return table.reindex(index=times, columns=workers, fill_value=0)


def _area(figure: Chart, jobs: pd.Series, name: str, key: str, colour: str, fill: dict) -> None:
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
    """For each worker that died holding jobs: how many, from its death until they were taken from it."""
    found = []
    for worker in orphans.columns[orphans.any()]:
        left = orphans[worker]
        first, last = left[left > 0].index[[0, -1]]
        later = left.index[left.index > last]
        blamed = marks[marks["fault"] & (marks["t_s"] <= first) & marks["label"].str.endswith(f" {worker}")]
        since = float(blamed["t_s"].iloc[-1]) if len(blamed) else float(first)
        after = blamed["label"].iloc[-1].removesuffix(f" {worker}") if len(blamed) else ""
        until = float(later[0] if len(later) else last)
        found.append(Orphaned(worker, int(left.max()), since, until, bool(len(later)), after))
    return found


def _of_orphans(found: list[Orphaned]) -> str:
    if not found:
        return ""
    jobs = sum(each.jobs for each in found)
    worst = max(found, key=lambda each: each.until - each.since)
    lasted = seconds(worst.until - worst.since)
    names = listed(each.worker for each in found)
    whose = f"{names}'s {counted(jobs, 'job')}" if len(found) == 1 else f"{counted(jobs, 'job')} of {names}"
    up_to, died = ("", "its process died") if len(found) == 1 else ("up to ", "their processes died")
    after = worst.blow or died
    if all(each.taken for each in found):
        return f"{whose} stayed pending for {up_to}{lasted} after {after}"
    verb = "was" if jobs == 1 else "were"
    return f"{whose} {verb} still pending {lasted} after {after}: nobody takes them back"


def _of_living(held: pd.DataFrame) -> str:
    most, total = held.max().sort_values(ascending=False), held.sum(axis=1)
    if len(most) > 1 and most.iloc[0] >= HOARD * max(1, most.iloc[1]):
        return f"{most.index[0]} held up to {counted(most.iloc[0], 'job')}, nobody else more than {most.iloc[1]:,}"
    if total.iloc[-1] == total.max() > 0:
        return f"{counted(total.iloc[-1], 'job')} were pending at the end, more than ever before"
    return f"Never more than {counted(total.max(), 'job')} pending at once, and none was left by a dead worker"
