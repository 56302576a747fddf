"""What a token bucket and a leaky one make of the same bursts."""

import pandas as pd

from jobqueue.lab.charts.chart import GREY, Chart, from_zero, ink, sheet, state
from jobqueue.lab.charts.words import seconds
from jobqueue.lab.live.language import WORKER_COLOURS

SLOTS = 24  # bars between one burst and the next: two for each place of a leaky bucket, so that no bar holds two


def bursts(table: pd.DataFrame) -> Chart:
    """Jobs that were offered, and below, for each bucket, those that went on, by the moment; of `lab.bursts.bursts`."""
    kinds = list(table["bucket"].unique())
    starts = table.loc[table["bucket"] == kinds[0], "offered_s"].unique()
    slot = (starts.max() - starts.min()) / SLOTS / (len(starts) - 1)
    offered = _by_slot(table.loc[table["bucket"] == kinds[0], "offered_s"], slot)
    passed = {kind: _by_slot(table.loc[table["bucket"] == kind, "passes_s"].dropna(), slot) for kind in kinds}
    figure, most = sheet(*[1] * (1 + len(kinds)), spacing=0.08), int(offered.max())
    for row, (name, jobs) in enumerate({"offered": offered, **passed}.items(), 1):
        colour = GREY if row == 1 else WORKER_COLOURS[row - 2]
        figure.add_bar(x=jobs.index * slot, y=jobs, width=slot * 0.8, marker_color=colour, meta=name, offset=0,
                       hovertemplate=f"%{{y}} {name} from %{{x:.2f}} s<extra></extra>", row=row, col=1)  # fmt: skip
        from_zero(figure, most, name, row=row)
    figure.update_xaxes(title_text=ink("seconds"), row=1 + len(kinds), col=1)
    figure.update_layout(height=420, showlegend=False)
    peaks = ", ".join(f"the {kind} at most {jobs.max()}" for kind, jobs in passed.items())
    return state(figure, f"Of {most} jobs at once, {peaks} in {seconds(slot)}")


def _by_slot(at: pd.Series, slot: float) -> pd.Series:
    """How many fall in each slot. The index is its number."""
    return (at // slot).astype(int).value_counts().sort_index()
