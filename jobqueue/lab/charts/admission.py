"""The jobs that were accepted and refused, and how full the queue was."""

import numpy as np
import pandas as pd

from jobqueue.lab.charts.chart import GREY, HATCH, Chart, Look, from_zero, ink, nothing, sheet, state
from jobqueue.lab.charts.timeline import over_time, span
from jobqueue.lab.charts.words import nice
from jobqueue.lab.pictures.base.language import TIER_COLOURS, TIERS, TROUBLE
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

BARS = 80  # at most


def admission(recording: Recording, *, span_s: float | None = None) -> Chart:
    """Above: jobs per second that were accepted or refused. Below: each tier's depth and watermarks."""
    totals, samples = recording.totals, recording.samples
    if totals.empty or not totals[["accepted_jobs", "refused_jobs"]].to_numpy().any():
        return nothing("no job was offered")
    figure = sheet(0.42, 0.58)
    width = nice((span_s or span(recording)) / BARS)
    accepted, refused = (grown(totals, column, width) for column in ("accepted_jobs", "refused_jobs"))
    _bars(figure, accepted, "accepted", width, {"color": GREY})
    _bars(figure, refused, "refused", width, {"color": TROUBLE, "pattern": HATCH})
    from_zero(figure, (accepted + refused).max() / width, "offered, jobs/s")
    depth = samples.assign(depth=samples[["waiting_jobs", "pending_jobs", "delayed_jobs"]].sum(axis=1))
    for tier in TIERS:
        _depth(figure, depth[depth["tier"] == tier], tier)
    from_zero(figure, depth[["depth", "capacity_jobs"]].max(axis=None), "depth, jobs", row=2)
    figure.update_layout(barmode="stack", bargap=0.1, height=500)
    over_time(figure, recording, span_s)
    most = float(depth.groupby("t_s")["depth"].sum().max()) if len(depth) else 0.0
    measures = {"refused": (float(refused.sum()), "jobs"), "greatest depth of all tiers": (most, "jobs")}
    return state(figure, _finding(int(accepted.sum()), int(refused.sum()), depth), measures)


def grown(totals: pd.DataFrame, column: str, width: float) -> pd.Series:
    """By how much a count grew in each `width` seconds. The index has their beginnings."""
    last = totals["t_s"].max()
    edges = np.append(np.arange(int(last / width) + 1) * width, last + width)
    at = np.searchsorted(totals["t_s"], edges, side="right")
    known = np.concatenate([[0], totals[column]])[at]
    known[0] = 0
    return pd.Series(np.diff(known).clip(0), index=edges[:-1])  # a server that lost its data starts over


def _bars(figure: Chart, jobs: pd.Series, name: str, width: float, look: Look) -> None:
    figure.add_bar(
        x=jobs.index + width / 2,
        y=jobs / width,
        width=width * 0.92,
        name=ink(name),
        meta=name,
        marker=look,
        customdata=jobs,
        hovertemplate=f"%{{customdata}} {name} in {width:g} s<extra></extra>",
        showlegend=bool(jobs.any()),
        row=1,
        col=1,
    )


def _depth(figure: Chart, rows: pd.DataFrame, tier: str) -> None:
    """The tier's depth over time, and its watermarks."""
    if not rows["depth"].any():
        return
    for column, words, dash in (
        ("depth", "depth", "solid"),
        ("capacity_jobs", "full", "dash"),
        ("reopens_jobs", "open again", "dot"),
    ):
        if rows[column].notna().any():
            figure.add_scatter(
                x=rows["t_s"],
                y=rows[column].astype(float),
                mode="lines",
                line={
                    "color": TIER_COLOURS[tier],
                    "width": 2.5 if dash == "solid" else 1.5,
                    "dash": dash,
                    "shape": "hv",
                },
                name=ink(f"{tier}: {words}"),
                meta=f"{tier} {column}",
                hovertemplate=f"{tier}: {words} %{{y}} at %{{x:.1f}} s<extra></extra>",
                row=2,
                col=1,
            )


def _finding(accepted: int, refused: int, depth: pd.DataFrame) -> str:
    bounded = depth.dropna(subset=["capacity_jobs"])
    if refused:
        of = f"{refused:,} of {counted(accepted + refused, 'offer')} {'was' if refused == 1 else 'were'} refused"
        if bounded.empty:
            return of
        fullest = bounded.loc[(bounded["depth"] / bounded["capacity_jobs"]).idxmax()]
        room = int(fullest.capacity_jobs)
        here = bounded[bounded["tier"] == fullest.tier]
        if here["depth"].iloc[0] > room:
            return f"{of}: {_overfull(here, room)}"
        return f"{of}: {fullest.tier} used up to {int(fullest.depth):,} of its {room:,} places"
    most = int(depth.groupby("t_s")["depth"].sum().max()) if len(depth) else 0
    if bounded.empty:
        return f"All {counted(accepted, 'job')} were accepted, and depth grew to {most:,}: no tier has a bound"
    return f"None of {counted(accepted, 'job')} was refused: depth never passed {most:,}"


def _overfull(depth: pd.DataFrame, room: int) -> str:
    """A tier's depth since its bound of `room` places: it had more jobs before, and a bound throws none away."""
    tier, before = depth["tier"].iloc[0], int(depth["depth"].iloc[0])
    since = depth["depth"][(depth["depth"] <= room).cummax()]
    words = f"{tier} had {before:,} jobs when its bound of {room:,} came"
    return f"{words}, and at most {int(since.max()):,} once it was below" if len(since) else words
