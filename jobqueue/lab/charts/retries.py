"""Retries over time: do they come back spread out, or all at once?"""

import numpy as np
import pandas as pd

from jobqueue.lab.charts.chart import Chart, Floats, admit_gap, from_zero, ink, nothing, scattered, sheet, state
from jobqueue.lab.charts.timeline import over_time, span
from jobqueue.lab.charts.words import nice
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

BARS = 100  # at most
STORM = 0.5  # this share of the retries with the same number, within one bar's width, is a storm
#: By attempt, from the second on; the last one is for all later attempts. Each is lighter than the one before.
ATTEMPTS = ("#6A51C7", "#2F8F9D", "#7FA03A", "#E0A100")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")


def retries(recording: Recording, *, span_s: float | None = None) -> Chart:
    """Above: how many retries came back at once. Below: each of them, by its number."""
    coming = come_back(recording.attempts)
    if coming.empty:
        return nothing("no attempt was retried")
    figure = sheet(0.6, 0.4)
    span_s = span_s or span(recording)
    width = nice(span_s / BARS)
    edges = np.arange(0, coming["came_s"].max() + 2 * width, width)
    for number in range(2, 2 + len(ATTEMPTS)):
        _attempt(figure, coming[coming["shade"] == number], number, edges, width)
    from_zero(figure, np.histogram(coming["came_s"], edges)[0].max(), f"retries in {width:g} s")
    rows = {"title_text": ink("attempt"), "dtick": max(1, round(coming["attempt"].max() / 6)), "row": 2, "col": 1}
    figure.update_yaxes(range=[coming["attempt"].max() + 0.6, 1.4], **rows)
    figure.update_layout(barmode="stack", bargap=0.05, height=460)
    over_time(figure, recording, span_s + width)  # room for a bar that begins at the very end
    admit_gap(figure, recording.left_out)
    most = at_once(coming["came_s"], width)
    together = sum(at_once(each, width) for _, each in coming.groupby("attempt")["came_s"])
    measures = {f"most retries within {width:g} s": (float(most), ""), "retries": (float(len(coming)), "")}
    return state(figure, _finding(len(coming), together, most, width), measures)


def come_back(attempts: pd.DataFrame) -> pd.DataFrame:
    """The attempts that followed a retry, with came_s: when the job was waiting again."""
    failed = attempts.loc[attempts["outcome"] == "retried", ["job", "attempt"]]
    again = attempts.merge(failed.assign(attempt=failed["attempt"] + 1).drop_duplicates(), on=["job", "attempt"])
    came = again["waiting_s"].astype(float).fillna(again["started_s"].astype(float))
    shade = again["attempt"].clip(upper=1 + len(ATTEMPTS))
    return again.assign(came_s=came, shade=shade).dropna(subset=["came_s"])


def at_once(times: pd.Series, width: float) -> int:
    """The most of these times within any `width` seconds."""
    ordered = np.sort(times)
    return int((np.searchsorted(ordered, ordered + width, side="right") - np.arange(len(ordered))).max())


def _attempt(figure: Chart, rows: pd.DataFrame, number: int, edges: Floats, width: float) -> None:
    """The attempts with this number: bars above, and below one dot for each."""
    if rows.empty:
        return
    name = f"attempt {number}" + (" and later" if number == 1 + len(ATTEMPTS) else "")
    both = {"meta": name, "legendgroup": name}
    figure.add_bar(
        x=edges[:-1] + width / 2,
        y=np.histogram(rows["came_s"], edges)[0],
        width=width * 0.96,
        name=ink(name),
        marker={"color": ATTEMPTS[number - 2]},
        hovertemplate=f"{name}: %{{y}} within {width:g} s<extra></extra>",
        row=1,
        col=1,
        **both,
    )
    figure.add_scatter(
        x=rows["came_s"],
        y=rows["attempt"] + 0.5 * scattered(len(rows)),
        mode="markers",
        marker={"color": ATTEMPTS[number - 2], "symbol": SYMBOLS[number - 2], "size": 6, "opacity": 0.7},
        customdata=rows["job"],
        hovertemplate=f"{name} of %{{customdata}} at %{{x:.2f}} s<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
        **both,
    )


def _finding(count: int, together: int, most: int, width: float) -> str:
    words = f"{count:,} {'retry' if count == 1 else 'retries'}"
    if count > 4 and together >= STORM * count:
        return f"A retry storm: {most:,} of {words} came back within the same {width:g} s"
    return f"{words}, spread out: never more than {counted(most, 'job')} came back within {width:g} s"
