"""The jobs that each worker ran, when, and which of that work was wasted."""

import pandas as pd

from jobqueue.lab.charts.chart import CLEAR, GREY, HATCH, RULE, Chart, Look, admit_gap, ink, nothing, sheet, state
from jobqueue.lab.charts.timeline import over_time, span
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.charts.workers import colours, named, names
from jobqueue.lab.pictures.base.language import TROUBLE
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.recording import Recording

#: How an execution ended, if the job wasn't simply done: plotly's symbol for it, and words.
ENDS = {
    "retried": ("triangle-left", "failed, to be retried"),
    "dead": ("x", "dead"),
    "reaped": ("hourglass", "reaped"),
    "released": ("triangle-down", "released"),
    "lost": ("diamond", "outcome discarded"),
}
SIGN, MANY = 10, 100  # a sign's size in pixels; half of it from this many on
LANE, ROOM = 13, (240, 640)  # a lane's height in pixels, if all of them together stay between these


def executions(recording: Recording, *, span_s: float | None = None) -> Chart:
    """One bar per execution, in lanes by worker: hatched if the work was wasted, outlined if the job ran before.

    After a worker's death its jobs don't run, but stay its own until they're reaped: an empty, narrow bar.
    """
    runs = laid_out(recording)
    if runs.empty:
        return nothing("no job was ever begun")
    figure, colour = sheet(1), colours(recording)
    useful, wasted, again = runs[~runs["wasted"]], runs[runs["wasted"]], runs[runs["again"]]
    for worker, own in useful.groupby("worker", sort=False):
        _bars(figure, own, worker, {"color": colour[worker], "line": {"width": 0}}, showlegend=False)
    _bars(figure, wasted, "wasted", {"color": TROUBLE, "line": {"width": 0}, "pattern": HATCH})
    _bars(figure, again, "the job ran before", _outline(2.5 if len(again) < MANY else 1))
    _orphans(figure, runs[runs["orphaned_s"] > 0])
    _signs(figure, runs)
    _lanes(figure, recording, runs)
    over_time(figure, recording, span_s)
    admit_gap(figure, recording.left_out)
    wasted_s, worked_s = float(wasted["worked_s"].sum()), float(runs["worked_s"].sum())
    twice = int((runs.groupby("job").size() > 1).sum())
    measures = {"wasted work": (wasted_s, "s"), "jobs that ran more than once": (float(twice), "jobs")}
    return state(figure, _finding(len(runs), twice, len(wasted), wasted_s, worked_s), measures)


def laid_out(recording: Recording) -> pd.DataFrame:
    """The executions, with columns that say how to draw them.

    end_s: when it ended, or else the recording. worked_s and orphaned_s: the seconds before and after its worker's
    death, which was at stopped_s. again: the job was begun before. row: where it's drawn, counted from the top.
    """
    runs = recording.attempts.dropna(subset=["started_s"]).sort_values("started_s").reset_index(drop=True)
    died = {row.worker: row.t_s for row in recording.workers.iloc[::-1].itertuples() if row.state == "dead"}
    runs["end_s"] = runs["ended_s"].astype(float).fillna(span(recording))
    deaths = runs["worker"].map(died).astype(float).clip(lower=runs["started_s"])
    runs["stopped_s"] = runs["end_s"].where(~(deaths < runs["end_s"]), deaths)
    runs["worked_s"] = runs["stopped_s"] - runs["started_s"]
    runs["orphaned_s"] = runs["end_s"] - runs["stopped_s"]
    runs["wasted"] = runs["wasted"].astype(bool)
    runs["again"] = runs.duplicated("job")
    lane = _lanes_of(runs)
    above = 0
    first: dict[str, int] = {}
    for worker in names(recording):
        first[worker] = above
        above += int(lane[runs["worker"] == worker].max() + 1) if (runs["worker"] == worker).any() else 0
    return runs.assign(row=lane + runs["worker"].map(first)).sort_values(["row", "started_s"])


def _lanes_of(runs: pd.DataFrame) -> pd.Series:
    """For each execution the first free lane of its worker, so no two bars overlap."""
    lanes: list[int] = []
    free: dict[str, list[float]] = {}
    for run in runs.itertuples():
        ends = free.setdefault(run.worker, [])
        lane = next((i for i, end in enumerate(ends) if end <= run.started_s + 1e-6), len(ends))
        ends[lane : lane + 1] = [run.end_s]
        lanes.append(lane)
    return pd.Series(lanes, index=runs.index, dtype=int)


def _lanes(figure: Chart, recording: Recording, runs: pd.DataFrame) -> None:
    """Name each worker next to its lanes, and draw a line below them."""
    rows = runs.groupby("worker", sort=False)["row"].agg(["min", "max"])
    for last in rows["max"]:
        figure.add_hline(last + 0.5, line={"color": RULE, "width": 1})
    count = int(rows["max"].max()) + 1
    figure.update_yaxes(
        range=[count - 0.5, -0.5],
        tickvals=list(rows.mean(axis=1)),
        ticktext=[ink(named(recording, worker)) for worker in rows.index],
        tickfont_size=13,
        ticks="",
        showgrid=False,
    )
    figure.update_layout(height=150 + min(max(ROOM[0], LANE * count), ROOM[1]), barmode="overlay", bargap=0.2)


def _bars(figure: Chart, runs: pd.DataFrame, name: str, look: Look, *, showlegend: bool = True) -> None:
    if runs.empty:
        return
    figure.add_bar(
        orientation="h",
        base=runs["started_s"],
        x=runs["worked_s"],
        y=runs["row"],
        width=0.84,
        name=ink(name),
        meta=name,
        marker=look,
        customdata=_words(runs),
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=showlegend,
    )


def _outline(width: float) -> Look:
    return {"color": CLEAR, "line": {"color": TROUBLE, "width": width}}


def _words(runs: pd.DataFrame) -> list[str]:
    return [
        f"{run.worker} ran {run.job}, attempt {run.attempt}{', not for the first time' * run.again}<br>"
        f"{run.started_s:.2f} s to {run.stopped_s:.2f} s: {run.outcome}"
        for run in runs.itertuples()
    ]


def _orphans(figure: Chart, runs: pd.DataFrame) -> None:
    if runs.empty:
        return
    figure.add_bar(
        orientation="h",
        base=runs["stopped_s"],
        x=runs["orphaned_s"],
        y=runs["row"],
        width=0.4,
        name=ink("orphan: pending, and no worker runs it"),
        meta="orphans",
        marker=_outline(1),
        hovertemplate="an orphan for %{x:.2f} s<extra></extra>",
    )


def _signs(figure: Chart, runs: pd.DataFrame) -> None:
    size = SIGN if runs["outcome"].isin(ENDS).sum() < MANY else SIGN / 2
    for outcome, (symbol, words) in ENDS.items():
        ended = runs[runs["outcome"] == outcome]
        if not ended.empty:
            figure.add_scatter(
                x=ended["end_s"],
                y=ended["row"],
                mode="markers",
                name=ink(words),
                meta=outcome,
                marker={"symbol": symbol, "size": size, "color": TROUBLE, "line": {"width": 1, "color": GREY}},
                customdata=_words(ended),
                hovertemplate="%{customdata}<extra></extra>",
            )


def _finding(ran: int, twice: int, wasted: int, wasted_s: float, worked_s: float) -> str:
    more = f"{counted(twice, 'job')} ran more than once" if twice else "No job ran twice"
    if not wasted:
        return f"{more}: all {counted(ran, 'execution')} counted, no work was wasted"
    was = "was" if wasted == 1 else "were"
    share = 100 * wasted_s / worked_s if worked_s else 0
    part = f" or {share:.0f} %" if share >= 1 else ""
    return f"{more}: {wasted:,} of {counted(ran, 'execution')} {was} wasted, {seconds(wasted_s)} of work{part}"
