"""The sheet every chart is drawn on: axes, the finding as its title, and how it shows itself in a notebook.

Text has the ink of the page around it. Plotly knows only fixed colours, but it passes on the style of a <span>, and
there JupyterLab's own variable fits its light and its dark theme. In a PNG saved from a page it's grey and fits both.
"""

import json
import re
import textwrap
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from jobqueue.lab.pictures.base.language import TROUBLE

#: Numbers, as numpy has them.
Floats: TypeAlias = NDArray[np.float64]
#: A plotly object's properties.
Look: TypeAlias = dict[str, Any]

#: Wraps text in the page's ink.
PEN, LIFT = '<span style="color:var(--jp-ui-font-color0, var(--vscode-foreground, #777))">', "</span>"
FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
GREY = "#808080"  # for signs and lines with a meaning: the same contrast on white and on black
RULE, GRID = "rgba(128,128,128,0.55)", "rgba(128,128,128,0.18)"
CLEAR = "rgba(0,0,0,0)"
HATCH = {"shape": "/", "fgcolor": TROUBLE, "bgcolor": "rgba(213,94,0,0.15)", "size": 5, "solidity": 0.5}  # for bars

LINE, COLUMNS = 22, 48  # a title line's height in pixels, and its letters in a chart next to a picture, 490 wide
#: Around the plot, in pixels. Axes with long labels take more by themselves.
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 18, 52

AXIS = {
    "automargin": True,
    "gridcolor": GRID,
    "linecolor": RULE,
    "showline": True,
    "tickcolor": RULE,
    "tickfont": {"size": 12},
    "tickprefix": PEN,
    "ticks": "outside",
    "ticksuffix": LIFT,
    "title": {"font": {"size": 13}},
    "zeroline": False,
}

SHEET = {
    "font": {"family": FONT, "size": 13, "color": GREY},
    "height": 420,
    "hoverlabel": {"font": {"size": 13}},
    "legend": {"orientation": "h", "x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"},
    "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
    "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": GREY, "orientation": "v"},
    "paper_bgcolor": CLEAR,
    "plot_bgcolor": CLEAR,
    "showlegend": True,  # also if there's only one thing to name
    "template": "none",
}


class Chart(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A plotly figure whose title is a finding. `finding` has it in plain words.

    `measures` are the numbers behind it: {words: (value, unit)}. So two recordings can be compared.
    """

    @property
    def finding(self) -> str:
        return self.layout.meta["finding"]

    @property
    def measures(self) -> dict[str, tuple[float, str]]:
        return {words: tuple(measure) for words, measure in self.layout.meta["measures"].items()}

    def _ipython_display_(self) -> None:
        """Display plotly's own data only. JupyterLab has the script, so no notebook stores it or fetches it.

        Where the chart can't be drawn, the finding stands in its place.
        """
        from IPython.display import display

        bundle = json.loads(self.to_json()) | {"config": self.config}  # its arrays are packed by then
        display({"application/vnd.plotly.v1+json": bundle, "text/plain": self.finding}, raw=True)

    @property
    def config(self) -> dict[str, object]:
        """The tool bar, in which a camera saves a PNG sharp enough for a slide.

        Not "responsive", because JupyterLab fits the width by itself, and plotly would forget the height.
        """
        name = "-".join(re.findall(r"\w+", self.finding.lower().replace("'", "")))[:60].strip("-")
        return {
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": {"format": "png", "scale": 2, "filename": name},
        }


def ink(text: str) -> str:
    """The text in the ink of the page around it."""
    return f"{PEN}{text}{LIFT}"


def sheet(*heights: float, spacing: float = 0.09) -> Chart:
    """An empty chart: plots of these relative heights, one below the other, over one shared axis."""
    axes = {f"{way}axis{row or ''}": AXIS for way in "xy" for row in (0, *range(2, len(heights) + 1))}
    return make_subplots(
        rows=len(heights),
        shared_xaxes=True,
        row_heights=list(heights),
        vertical_spacing=spacing,
        figure=Chart(layout=SHEET | axes),  # all at once: with each update, plotly looks at everything again
    )


def from_zero(figure: Chart, most: float, title: str, row: int = 1) -> None:
    """A y axis for counts. It sets its range instead of leaving that to plotly, so two charts can share it."""
    figure.update_yaxes(range=[0, most * 1.06 or 1], title_text=ink(title), row=row, col=1)


def scattered(count: int) -> Floats:
    """`count` numbers from -0.5 to 0.5, evenly spread and the same each time, so neighbouring points stay apart."""
    return np.arange(count, dtype=np.float64) * 0.618034 % 1 - 0.5


def admit_gap(figure: Chart, left_out: int) -> None:
    """Say below the axis how many events are missing from the chart, if any are."""
    if left_out:
        *_, lowest = figure.select_xaxes()
        lowest.title.text += f"<br>{ink(f'{left_out:,} events were not kept')}"
        figure.layout.margin.b += LINE


def state(figure: Chart, finding: str, measures: dict[str, tuple[float, str]] | None = None) -> Chart:
    """Give the chart its title, and make room for it above the labels that stand there already."""
    figure.layout.meta = {"finding": finding, "measures": {key: list(value) for key, value in (measures or {}).items()}}
    lines = wrapped(finding, COLUMNS)
    figure.layout.margin.t += LINE * len(lines) + 8
    title = {"text": ink("<b>" + "<br>".join(lines) + "</b>"), "font": {"size": 16}, "x": 0, "xanchor": "left"}
    above = 10 + LINE / 2 * (len(lines) - 1)  # plotly centres the lines on where the first one would be
    figure.layout.title = title | {"y": 1, "yanchor": "top", "pad": {"l": 10, "t": above}}
    return figure


def wrapped(text: str, columns: int) -> list[str]:
    """The text in as few lines as it needs, all of about the same length."""
    whole = re.sub(r"(?<=\d) (?=(ms|s)\b|%)|(?<=kill) (?=-9)", "\N{NO-BREAK SPACE}", text)  # 3 s is one word
    tries = [
        textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False) for width in range(1, columns + 1)
    ]
    return next(lines for lines in tries if len(lines) == len(tries[-1]))


def nothing(why: str) -> Chart:
    """The chart of a recording in which nothing of this kind happened."""
    figure = sheet(1)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    figure.add_annotation(text=ink(why), x=0.5, y=0.5, xref="x domain", yref="y domain", showarrow=False)
    figure.update_layout(height=200)
    return state(figure, "Nothing was recorded")
