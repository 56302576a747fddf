"""The same bursts through a token bucket and through a leaky one."""

import pandas as pd

from jobqueue.lab.charts.chart import GREY, HATCH, Chart, Look, from_zero, ink, sheet, state
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.pictures.base.language import TROUBLE

SLOTS = 24  # bars from one burst to the next: two per place of a leaky bucket, so no bar holds two jobs


def bursts(table: pd.DataFrame) -> Chart:
    """Above: jobs that were offered. Below: for each bucket, those that passed and those it refused.

    `table` is what experiments/bursts.py measures.
    """
    kinds = list(table["bucket"].unique())
    starts = table.loc[table["bucket"] == kinds[0], "offered_s"].unique()
    slot = (starts.max() - starts.min()) / SLOTS / (len(starts) - 1)
    offered = _by_slot(table.loc[table["bucket"] == kinds[0], "offered_s"], slot)
    figure, most, peaks = sheet(*[1] * (1 + len(kinds)), spacing=0.08), int(offered.max()), []
    _bars(figure, 1, offered, "offered", slot, {"color": GREY})
    for row, kind in enumerate(kinds, 2):
        asked = table[table["bucket"] == kind]
        passed, refused = asked.dropna()["passes_s"], asked.loc[asked["passes_s"].isna(), "offered_s"]
        _bars(figure, row, _by_slot(passed, slot), "passed", slot, {"color": GREY}, kind)
        _bars(figure, row, _by_slot(refused, slot), "refused", slot, {"color": TROUBLE, "pattern": HATCH}, kind)
        peaks.append(f"the {kind} passes {_by_slot(passed, slot).max()}")
    for row, name in enumerate(("offered", *kinds), 1):
        from_zero(figure, most, name, row=row)
    latest = table[["offered_s", "passes_s"]].max(axis=None)
    figure.update_xaxes(range=[-slot, latest + 2 * slot])
    figure.update_xaxes(title_text=ink("seconds"), row=1 + len(kinds), col=1)
    figure.update_layout(barmode="stack", height=460, margin_b=82)
    return state(figure, f"Of {most} jobs at once, {', '.join(peaks)} in {seconds(slot)}")


def _bars(figure: Chart, row: int, jobs: pd.Series, name: str, slot: float, look: Look, kind: str = "") -> None:
    figure.add_bar(
        x=(jobs.index + 0.5) * slot,
        y=jobs,
        width=slot * 0.8,
        name=ink(name),
        meta=f"{kind} {name}".strip(),
        marker=look,
        hovertemplate=f"%{{y}} {name} at %{{x:.2f}} s<extra></extra>",
        showlegend=row == 2,
        row=row,
        col=1,
    )


def _by_slot(at: pd.Series, slot: float) -> pd.Series:
    """How many fall in each slot. The index has the slots' numbers."""
    return (at // slot).astype(int).value_counts().sort_index()
