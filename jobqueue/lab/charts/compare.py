"""The same load on two designs, side by side."""

import re
from collections.abc import Callable

from jobqueue.lab.charts.chart import LIFT, PEN, Chart, Look, ink, state, wrapped
from jobqueue.lab.charts.timeline import WIDTH, label, nth, span
from jobqueue.lab.charts.waits import waits
from jobqueue.lab.charts.words import measured
from jobqueue.lab.recording.recording import Recording

HALVES = ((0.0, 0.485), (0.515, 1.0))  # of the width
HALF = WIDTH * HALVES[0][1]  # pixels
COLUMNS, LINE = 24, 16  # letters in a line of a half's own words, next to a picture, and the line's height in pixels
SAME = 1.1  # times as much is about the same
TWICE = 1.95  # from here on, the title says how many times


def before_after(
    recording_a: Recording,
    recording_b: Recording,
    chart: Callable[..., Chart],
    names: tuple[str, str] = ("before", "after"),
) -> Chart:
    """`chart` of both, on the same axes. The title compares the first measure in which they differ."""
    recordings = recording_a, recording_b
    span_s = max(map(span, recordings))
    halves = [chart(each) if chart is waits else chart(each, span_s=span_s) for each in recordings]
    rows = max(len(list(half.select_yaxes())) for half in halves)
    figure = Chart(layout=halves[0].layout)
    figure.layout.annotations = figure.layout.shapes = ()  # update_layout would keep them
    lowest, height = max(half.layout.margin.b for half in halves), max(half.layout.height for half in halves)
    figure.update_layout(margin={"t": 0, "b": lowest}, height=height)
    for number, (half, recording) in enumerate(zip(halves, recordings, strict=True)):
        _place(figure, half, number, rows)
        if chart is not waits:  # it has no axis of time
            label(figure, recording.marks, span_s, width=HALF, axis=nth(1 + rows * number))
    _share(figure, rows)
    _fold_titles(figure)
    _head(figure, halves, names, rows)
    measures = {
        f"{words} ({name})": m for half, name in zip(halves, names, strict=True) for words, m in half.measures.items()
    }
    return state(figure, _finding(halves, names), measures)


def _place(figure: Chart, half: Chart, number: int, rows: int) -> None:
    """Copy a chart into one half: its axes and traces, and all that's fixed to them except the labels of marks."""

    def moved(part: Look, *references: str) -> Look:
        def renumber(axis: re.Match[str]) -> str:
            return axis[1] + nth(int(axis[2] or 1) + number * rows)

        return part | {key: re.sub(r"^([xy])(\d*)\b", renumber, part.get(key, key[0])) for key in references}

    for row in range(1, 1 + len(list(half.select_yaxes()))):
        old, new = nth(row), nth(row + number * rows)
        x, y = (half.layout[f"{way}axis{old}"].to_plotly_json() for way in "xy")
        x.pop("matches", None)
        figure.layout[f"xaxis{new}"] = (
            x | {"domain": HALVES[number], "anchor": f"y{new}"} | ({"matches": "x"} if new else {})
        )
        figure.layout[f"yaxis{new}"] = y | {"anchor": f"x{new}"}
    named = {trace.name for trace in figure.data}
    for trace in half.data:
        once = {} if trace.name not in named else {"showlegend": False}
        group = {"legendgroup": trace.legendgroup or trace.name}
        figure.add_trace(moved(trace.to_plotly_json(), "xaxis", "yaxis") | group | once)
    figure.layout.shapes += tuple(moved(shape.to_plotly_json(), "xref", "yref") for shape in half.layout.shapes)
    figure.layout.annotations += tuple(
        moved(annotation.to_plotly_json(), "xref", "yref")
        for annotation in half.layout.annotations
        if annotation.name != "mark"
    )


def _share(figure: Chart, rows: int) -> None:
    """Give plots that stand next to each other one scale, and show it once."""
    for row in range(1, rows + 1):
        if not all(f"yaxis{nth(number)}" in figure.layout for number in (row, row + rows)):
            continue  # one of them has fewer plots
        left, right = (figure.layout[f"yaxis{nth(number)}"] for number in (row, row + rows))
        if left.range and right.range:
            lows, highs = zip(*(sorted(axis.range) for axis in (left, right)), strict=True)
            both = (min(lows), max(highs))
            left.range = right.range = both if left.range[0] < left.range[1] else both[::-1]
        if not (left.tickvals or right.tickvals):
            right.matches = f"y{nth(row)}"
            right.showticklabels = False
        right.update(side="right", title_text="")


def _fold_titles(figure: Chart) -> None:
    """Write the titles of the axes below in lines that fit a half, so the two don't run into each other."""
    most = 1
    for axis in figure.select_xaxes():
        if axis.title.text:
            parts = axis.title.text.replace(PEN, "").replace(LIFT, "").split("<br>")
            lines = [line for part in parts for line in wrapped(part, COLUMNS)]
            axis.title.text = ink("<br>".join(lines))
            most = max(most, 1 + len(lines) - len(parts))
    figure.layout.margin.b += LINE * (most - 1)
    figure.layout.height += LINE * (most - 1)


def _head(figure: Chart, halves: list[Chart], names: tuple[str, str], rows: int) -> None:
    """Write above each half its name and its own finding."""
    findings = [wrapped(half.finding, COLUMNS) for half in halves]
    most = max(map(len, findings))
    for number, (name, lines) in enumerate(zip(names, findings, strict=True)):
        axis = nth(1 + rows * number)
        lines += [" "] * (most - len(lines))
        figure.add_annotation(
            name="half",
            text=f"{ink(f'<b>{name}</b>')}<br>{ink('<br>'.join(lines))}",
            font={"size": 13},
            align="left",
            x=0,
            xref=f"x{axis} domain",
            xanchor="left",
            y=1,
            yref=f"y{axis} domain",
            yanchor="bottom",
            yshift=figure.layout.margin.t,
            showarrow=False,
        )
    grown = LINE * (2 + most)
    figure.layout.margin.t += grown
    figure.layout.height += grown


def _finding(halves: list[Chart], names: tuple[str, str]) -> str:
    before, after = (half.measures for half in halves)
    shared = [words for words in before if words in after]
    if not shared:
        return ". ".join(f"{name}: {half.finding}" for name, half in zip(names, halves, strict=True))
    times = {words: _times(before[words][0], after[words][0]) for words in shared}
    words = next((words for words in shared if times[words] >= SAME), shared[0])
    (a, unit), (b, _) = before[words], after[words]
    both = f"{words[0].upper()}{words[1:]}: {measured(a, unit)} ({names[0]}), {measured(b, unit)} ({names[1]})"
    if times[words] < SAME:
        return f"{both}, about the same"
    if not TWICE <= times[words] < float("inf"):
        return both
    return f"{both}, {times[words]:,.{int(times[words] < 10)}f} times {'lower' if b < a else 'higher'}"


def _times(a: float, b: float) -> float:
    """How many times as large as the smaller number the larger one is."""
    low, high = sorted((a, b))
    return high / low if low else float("inf") if high else 1.0
