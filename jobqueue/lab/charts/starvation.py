"""The wait of each tier's oldest job, and the times in which a tier was passed over."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from jobqueue.lab.charts.chart import LIFT, Chart, admit_gap, ink, nothing, sheet, state
from jobqueue.lab.charts.timeline import over_time
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.pictures.base.language import TIER_COLOURS, TIERS, TROUBLE
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

STARVED = 1.0  # a tier starves if it's passed over for this many seconds


class PassedOver(NamedTuple):
    """A time, in seconds, in which a tier's jobs waited, none of them was begun, and `others` of other tiers were."""

    tier: str
    since: float
    until: float
    others: int

    @property
    def lasted(self) -> float:
        return self.until - self.since


def starvation(recording: Recording, *, span_s: float | None = None) -> Chart:
    """One strip per tier: the age of its oldest waiting job. A bracket marks the longest time one was passed over."""
    samples = recording.samples
    tiers = [tier for tier in TIERS if (samples.loc[samples["tier"] == tier, "oldest_wait_s"] >= 0).any()]
    if not tiers:
        return nothing("no job was ever waiting")
    figure = sheet(*[1] * len(tiers), spacing=0.06)
    top = float(samples["oldest_wait_s"].max()) * 1.25 or 1
    for row, tier in enumerate(tiers, 1):
        _strip(figure, row, samples[samples["tier"] == tier], tier, top)
    figure.update_layout(height=150 + 105 * len(tiers))
    starts = recording.attempts.dropna(subset=["started_s"])
    longest = {tier: longest_passed_over(samples, starts, tier) for tier in tiers}
    worst = max((each for each in longest.values() if each), key=lambda each: each.lasted, default=None)
    if worst:
        _bracket(figure, tiers.index(worst.tier) + 1, worst, top)
    over_time(figure, recording, span_s)
    admit_gap(figure, recording.left_out)
    lasted = {tier: each.lasted if each else 0.0 for tier, each in longest.items()}
    measures = {f"the longest time {tier} was passed over": (lasted[tier], "s") for tier in tiers[::-1]}
    return state(figure, _finding(worst, float(samples["oldest_wait_s"].max())), measures)


def longest_passed_over(samples: pd.DataFrame, starts: pd.DataFrame, tier: str) -> PassedOver | None:
    """The longest time in which jobs of the tier waited and only other tiers' jobs were begun, if there was one."""
    own = np.sort(starts.loc[starts["tier"] == tier, "started_s"].to_numpy(float))
    others = np.sort(starts.loc[starts["tier"] != tier, "started_s"].to_numpy(float))
    times: list[PassedOver] = []
    for began, ended in _waiting_times(samples[samples["tier"] == tier]):
        edges = [began, *own[(own > began) & (own < ended)], ended]
        for since, until in pairwise(edges):
            between = int(np.searchsorted(others, until) - np.searchsorted(others, since))
            times += [PassedOver(tier, float(since), float(until), between)] if between else []
    return max(times, key=lambda each: each.lasted, default=None)


def _waiting_times(rows: pd.DataFrame) -> list[tuple[float, float]]:
    """The times in which jobs waited without a gap: from, until. A wait begins when the job came, by its age."""
    times: list[tuple[float, float]] = []
    began, last = None, 0.0
    for row in rows.sort_values("t_s").itertuples():
        waits = row.oldest_wait_s >= 0
        if waits and began is None:
            began = max(last, row.t_s - row.oldest_wait_s)
        elif not waits and began is not None:
            times.append((began, row.t_s))
            began = None
        last = row.t_s
    return times if began is None else [*times, (began, last)]


def _strip(figure: Chart, row: int, rows: pd.DataFrame, tier: str, top: float) -> None:
    figure.add_scatter(
        x=rows["t_s"],
        y=rows["oldest_wait_s"].astype(float).clip(lower=0).fillna(0),
        mode="lines",
        fill="tozeroy",
        line={"color": TIER_COLOURS[tier], "width": 2},
        meta=tier,
        hovertemplate=f"{tier}: the oldest has waited %{{y:.2f}} s at %{{x:.1f}} s<extra></extra>",
        showlegend=False,
        row=row,
        col=1,
    )
    name = f'<b><span style="color:{TIER_COLOURS[tier]}">{tier}</span></b><br>{ink("oldest wait")}'
    title = {"text": name, "standoff": 24}  # room for its second line
    figure.update_yaxes(range=[0, top], title=title, ticksuffix=f" s{LIFT}", nticks=4, row=row, col=1)


def _bracket(figure: Chart, row: int, worst: PassedOver, top: float) -> None:
    """Mark the time in the colour of trouble: a wash, and above it a line from its beginning to its end."""
    ends = {"x0": worst.since, "x1": worst.until}
    wash = {"fillcolor": TROUBLE, "opacity": 0.16, "line_width": 0, "layer": "below"}
    figure.add_vrect(**ends, **wash, name="longest", row=row, col=1)
    figure.add_scatter(
        x=[worst.since, worst.until],
        y=[top * 0.9] * 2,
        mode="lines+markers",
        line={"color": TROUBLE, "width": 2.5},
        marker={"symbol": "line-ns", "size": 12, "line": {"width": 2.5, "color": TROUBLE}},
        meta="longest",
        hovertemplate=f"{worst.tier} was passed over for {seconds(worst.lasted)}<extra></extra>",
        showlegend=False,
        row=row,
        col=1,
    )


def _finding(worst: PassedOver | None, oldest: float) -> str:
    if worst and worst.lasted >= STARVED:
        others = f"{counted(worst.others, 'other job')} {'was' if worst.others == 1 else 'were'} begun meanwhile"
        return f"{worst.tier} starved for {seconds(worst.lasted)}: {others}, and none of its own"
    most = f"no tier was passed over for more than {seconds(worst.lasted)}" if worst else "no tier was ever passed over"
    return f"No tier starved: {most}, and no job waited longer than {seconds(oldest)}"
