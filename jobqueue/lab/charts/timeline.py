"""The axis of time that charts share, with a mark wherever something was done to the world."""

import pandas as pd

from jobqueue.lab.charts.chart import BOTTOM, GREY, LEFT, RIGHT, Chart, Look, ink
from jobqueue.lab.pictures.base.language import TROUBLE
from jobqueue.lab.recording.recording import Recording

WIDTH = 700 - LEFT - RIGHT  # pixels, in a narrow notebook: labels that fit there fit everywhere
LETTER, LABEL_LINE, LINES = 7.2, 16, 5  # a letter's width and a line's height in pixels; most lines


def span(recording: Recording) -> float:
    """Seconds from the beginning of the recording to the last thing it knows."""
    tables = (recording.samples, recording.totals, recording.pel, recording.workers, recording.marks)
    runs = recording.attempts
    latest = pd.concat([*(table["t_s"] for table in tables), runs["started_s"], runs["ended_s"]]).max()
    return float(latest) if latest > 0 else 1.0


def over_time(figure: Chart, recording: Recording, span_s: float | None) -> None:
    """Make the chart's axis one of time, draw the marks on it, and make room for the legend below."""
    rows = len(list(figure.select_yaxes()))
    span_s = span_s or span(recording)
    figure.update_xaxes(range=[0, span_s])
    figure.update_xaxes(title_text=ink("seconds since the recording began"), title_standoff=8, row=rows, col=1)
    figure.layout.margin.b = BOTTOM + (30 if any(trace.showlegend is not False for trace in figure.data) else 0)
    lines(figure, recording.marks)
    label(figure, recording.marks, span_s)


def lines(figure: Chart, marks: pd.DataFrame) -> None:
    """Draw a line through every plot where something was done, and a wash for as long as a fault lasted."""
    shapes: list[Look] = []
    for row in range(1, len(list(figure.select_yaxes())) + 1):
        whole = {"name": "mark", "xref": f"x{nth(row)}", "yref": f"y{nth(row)} domain", "y0": 0, "y1": 1}
        for mark in marks.itertuples():
            if mark.fault and mark.until_s > mark.t_s:
                wash = {"fillcolor": TROUBLE, "opacity": 0.1, "line": {"width": 0}, "layer": "below"}
                shapes.append(whole | wash | {"type": "rect", "x0": mark.t_s, "x1": mark.until_s})
            line = {"color": TROUBLE, "dash": "dash"} if mark.fault else {"color": GREY, "dash": "dot"}
            shapes.append(whole | {"type": "line", "x0": mark.t_s, "x1": mark.t_s, "line": line | {"width": 1.5}})
    figure.layout.shapes += tuple(shapes)  # all at once: with each one that's added, plotly copies the others


def nth(number: int) -> str:
    """The end of the name of plotly's axis with this number: x, x2, x3."""
    return "" if number == 1 else str(number)


def label(figure: Chart, marks: pd.DataFrame, span_s: float, *, width: float = WIDTH, axis: str = "") -> None:
    """Label each line above the plot, as far as there's room. `width` is the plot's, in pixels."""
    placed = places(list(marks["t_s"]), list(marks["label"]), span_s, width)
    labels: list[Look] = []
    for mark, (line, anchor) in zip(marks.itertuples(), placed, strict=True):
        if line is not None:
            text = f'<b><span style="color:{TROUBLE}">{mark.label}</span></b>' if mark.fault else ink(mark.label)
            labels.append(
                {
                    "name": "mark",
                    "text": text,
                    "font": {"size": 12},
                    "x": mark.t_s,
                    "xref": f"x{axis}",
                    "xanchor": anchor,
                    "y": 1,
                    "yref": f"y{axis} domain",
                    "yanchor": "bottom",
                    "yshift": LABEL_LINE * line,
                    "showarrow": False,
                }
            )
    figure.layout.annotations += tuple(labels)
    used = max((line + 1 for line, _ in placed if line is not None), default=0)
    figure.layout.margin.t = max(figure.layout.margin.t, 14 + LABEL_LINE * used)


def places(at: list[float], labels: list[str], span_s: float, width: float) -> list[tuple[int | None, str]]:
    """The line of each label, counted from the plot upwards, and the side of its mark that it's fixed to.

    No two overlap, and none reaches beyond the plot. The latest have priority. A label without room has no line (None).
    """
    placed, free = [], [width] * LINES  # how far to the right a label may reach, on each line
    for t, text in reversed(list(zip(at, labels, strict=True))):
        x, length = t / span_s * width, LETTER * len(text)
        left = x if x + length <= width else x - length
        line = next((line for line in range(LINES) if left >= 0 and left + length <= free[line]), None)
        if line is not None:
            free[line] = left - 8
        placed.append((line, "left" if left == x else "right"))
    return placed[::-1]
