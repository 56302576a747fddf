"""The waits of jobs before a worker began them, by tier."""

import numpy as np
import pandas as pd

from jobqueue.lab.charts.chart import RULE, Chart, Floats, admit_gap, ink, nothing, scattered, sheet, state
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.pictures.base.language import TIER_COLOURS, TIERS
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

LEAST = 0.001  # seconds: a logarithmic axis has no 0, and no worker can help with shorter waits
DRAWN = 600  # most points per tier, spread evenly over all ranks; the quantiles are of all waits
APART = 3  # from this many times as long on, a tier waits longer than another
QUANTILES, SIGNS = (0.5, 0.95, 1), ("line-ns", "diamond", "circle")
TICKS = {0.001: "≤ 1 ms", 0.01: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s", 100: "100 s", 1000: "1,000 s"}


def waits(recording: Recording) -> Chart:
    """One row per tier: each wait is a point; signs mark the median, the 95th percentile and the longest wait.

    Every attempt that was begun counts with its own wait. If jobs still wait at the end, a hollow sign shows for how
    long the oldest of them has waited.
    """
    begun = recording.attempts.dropna(subset=["wait_s"])
    waited = {tier: np.sort(begun.loc[begun["tier"] == tier, "wait_s"].to_numpy(float)) for tier in TIERS}
    unserved = _unserved(recording.samples)
    tiers = [tier for tier in TIERS if len(waited[tier]) or tier in unserved]
    if not tiers:
        return nothing("no job was ever begun")
    figure = sheet(1)
    for row, tier in enumerate(tiers):
        _points(figure, row, tier, waited[tier])
        if tier in unserved:
            _hollow(figure, row, tier, *unserved[tier])
        _say(figure, row, waited[tier], unserved.get(tier))
    _axes(figure, {tier: len(waited[tier]) for tier in tiers})
    admit_gap(figure, recording.left_out)
    longest = {tier: _longest(waited[tier], unserved.get(tier)) for tier in tiers}
    measures = {f"the longest wait of {tier}": (longest[tier], "s") for tier in reversed(tiers)}
    return state(figure, _finding(waited, longest), measures)


def _unserved(samples: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """The tiers in which jobs still wait at the end: how many, and for how many seconds the oldest has waited."""
    last = samples[samples["t_s"] == samples["t_s"].max()]
    return {row.tier: (row.waiting_jobs, row.oldest_wait_s) for row in last.itertuples() if row.oldest_wait_s >= 0}


def _longest(waited: Floats, unserved: tuple[int, float] | None) -> float:
    return float(max([*waited[-1:], *([unserved[1]] if unserved else [])]))


def _points(figure: Chart, row: int, tier: str, waited: Floats) -> None:
    """Draw the waits, scattered over the height of the row; above them their median, 95th percentile and maximum."""
    if not len(waited):
        return
    drawn = waited[np.unique(np.linspace(0, len(waited) - 1, min(DRAWN, len(waited))).round().astype(int))]
    figure.add_scatter(
        x=drawn.clip(LEAST),
        y=row + 0.05 + 0.34 * scattered(len(drawn)),
        mode="markers",
        marker={"color": TIER_COLOURS[tier], "size": 5, "opacity": 0.4},
        meta=f"{tier} waits",
        hovertemplate=f"{tier}: waited %{{x:.3f}} s<extra></extra>",
        showlegend=False,
    )
    outlines = {"width": [4, 1.5, 1.5], "color": [TIER_COLOURS[tier], "#fff", "#fff"]}
    figure.add_scatter(
        x=np.quantile(waited, QUANTILES).clip(LEAST),
        y=[row + 0.05] * len(QUANTILES),
        mode="lines+markers",
        line={"color": TIER_COLOURS[tier], "width": 3},
        marker={"symbol": SIGNS, "size": [22, 13, 13], "color": TIER_COLOURS[tier], "line": outlines},
        meta=f"{tier} quantiles",
        customdata=["half waited less", "19 of 20 waited less", "the longest wait"],
        hovertemplate=f"{tier}: %{{x:.3f}} s, %{{customdata}}<extra></extra>",
        showlegend=False,
    )


def _hollow(figure: Chart, row: int, tier: str, jobs: int, oldest: float) -> None:
    figure.add_scatter(
        x=[max(oldest, LEAST)],
        y=[row + 0.05],
        mode="markers",
        marker={"symbol": "circle-open", "size": 14, "color": TIER_COLOURS[tier], "line": {"width": 3}},
        meta=f"{tier} unserved",
        hovertemplate=f"{tier}: {counted(jobs, 'job')} still waiting at the end, one for %{{x:.3f}} s<extra></extra>",
        showlegend=False,
    )


def _say(figure: Chart, row: int, waited: Floats, unserved: tuple[int, float] | None) -> None:
    """Write the tier's numbers above its points."""
    lines = []
    if len(waited):
        half, most, longest = map(seconds, np.quantile(waited, QUANTILES))
        lines.append(f"┃ p50 {half}  ◆ p95 {most}  ● max {longest}")
    if unserved:
        lines.append(f"○ {unserved[0]:,} still waiting, for up to {seconds(unserved[1])}")
    figure.add_annotation(
        text=ink("<br>".join(lines)),
        font={"size": 12},
        align="left",
        x=0,
        xref="x domain",
        xanchor="left",
        xshift=4,
        y=row - 0.48,
        yref="y",
        yanchor="top",
        showarrow=False,
    )


def _axes(figure: Chart, tiers: dict[str, int]) -> None:
    lines = range(len(tiers))
    figure.update_xaxes(type="log", tickvals=list(TICKS), ticktext=[ink(text) for text in TICKS.values()])
    figure.update_xaxes(title_text=ink("wait before it was begun (logarithmic)"))
    labels = [
        f'<b><span style="color:{TIER_COLOURS[tier]}">{tier}</span></b><br>{ink(counted(count, "wait"))}'
        for tier, count in tiers.items()
    ]
    figure.update_yaxes(tickvals=list(lines), ticktext=labels, tickfont_size=13, range=[len(tiers) - 0.6, -0.6])
    figure.update_yaxes(showgrid=False, ticks="")
    for line in lines[1:]:
        figure.add_hline(line - 0.52, line={"color": RULE, "width": 1})
    figure.update_layout(height=150 + 95 * len(tiers))


def _finding(waited: dict[str, Floats], longest: dict[str, float]) -> str:
    worst, best = max(longest, key=lambda tier: longest[tier]), min(longest, key=lambda tier: longest[tier])
    if longest[worst] >= APART * max(longest[best], LEAST):
        never = f"{best} never waited more than {seconds(longest[best])}"
        return f"{worst} waited up to {seconds(longest[worst])} while {never}"
    everything = np.concatenate([*waited.values()]) if any(map(len, waited.values())) else [longest[worst]]
    half, most = (seconds(value) for value in np.quantile(everything, [0.5, 0.95]))
    whose = f"the {worst} jobs" if len(longest) == 1 else "the jobs of every tier"
    return (
        f"Half of {whose} waited less than {half}, 19 of 20 less than {most}, none more than {seconds(longest[worst])}"
    )
