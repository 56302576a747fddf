"""How long jobs waited before a worker began them, by tier."""

import numpy as np
import pandas as pd

from jobqueue.lab.charts.chart import RULE, Chart, admit_gap, ink, nothing, scattered, sheet, state
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.live.frame import counted
from jobqueue.lab.live.language import TIER_COLOURS, TIERS
from jobqueue.lab.recording import Recording

LEAST = 0.001  # seconds: a logarithmic axis has no 0, and shorter waits are no worker's doing
DRAWN = 600  # points a tier at most, spread evenly over all ranks; the quantiles are of all
APART = 3  # times as long, and a tier is said to wait longer than another
QUANTILES, SIGNS = (0.5, 0.95, 1), ("line-ns", "diamond", "circle")
TICKS = {0.001: "≤ 1 ms", 0.01: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s", 100: "100 s", 1000: "1,000 s"}


def waits(recording: Recording) -> Chart:
    """A row a tier: each wait a point, the median, the 95th percentile and the longest wait marked.

    Every attempt that was begun counts with its own wait. Jobs still waiting at the end have waited at least so long
    as the oldest of them: a hollow sign.
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
    """For each tier in which jobs still wait at the end: how many, and for how many seconds the oldest of them."""
    last = samples[samples["t_s"] == samples["t_s"].max()]
    return {row.tier: (row.waiting_jobs, row.oldest_wait_s) for row in last.itertuples() if row.oldest_wait_s >= 0}


def _longest(waited: np.ndarray, unserved: tuple[int, float] | None) -> float:
    return float(max([*waited[-1:], *([unserved[1]] if unserved else [])]))


def _points(figure: Chart, row: int, tier: str, waited: np.ndarray) -> None:
    """The waits, scattered over the height of the row; and above them their median, 95th percentile and maximum."""
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


def _say(figure: Chart, row: int, waited: np.ndarray, unserved: tuple[int, float] | None) -> None:
    """The tier's numbers in words, above its points."""
    said = []
    if len(waited):
        half, most, longest = map(seconds, np.quantile(waited, QUANTILES))
        said.append(f"┃ p50 {half}  ◆ p95 {most}  ● max {longest}")
    if unserved:
        said.append(f"○ {unserved[0]:,} waiting still, for up to {seconds(unserved[1])}")
    figure.add_annotation(
        text=ink("<br>".join(said)),
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


def _finding(waited: dict[str, np.ndarray], longest: dict[str, float]) -> str:
    worst, best = max(longest, key=longest.get), min(longest, key=longest.get)
    if longest[worst] >= APART * max(longest[best], LEAST):
        never = f"{best} never waited more than {seconds(longest[best])}"
        return f"{worst} waited up to {seconds(longest[worst])} while {never}"
    everything = np.concatenate([*waited.values()]) if any(map(len, waited.values())) else [longest[worst]]
    half, most = (seconds(value) for value in np.quantile(everything, [0.5, 0.95]))
    whose = f"the {worst} jobs" if len(longest) == 1 else "the jobs of every tier"
    return (
        f"Half of {whose} waited less than {half}, 19 of 20 less than {most}, none more than {seconds(longest[worst])}"
    )
