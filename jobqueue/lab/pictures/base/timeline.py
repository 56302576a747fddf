"""The time axis that pictures share: how many seconds it shows, where a second is, and when something was done.

Whatever moves lies in a group that slides. Within it a moment stays where it is, so nothing in it has to be sent again
while time passes. There are two layouts, which differ only in the width of the plot.
"""

from collections.abc import Callable, Sequence

from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.view import WINDOW
from jobqueue.lab.recording.frame import Mark, WorldFrame

LEFT, RIGHT = 96, 136  # margins of a plot: names and scales at its left, the present at its right
PLOTS = {"narrow": 408, "wide": 768}  # widths of a plot
HEAD = 72  # where plots begin, below the title and two lines of marks' labels
FOOT = 26  # room below a plot, for seconds
MARKS, TIMES = 8, 8  # how many marks, and labels of seconds, there's room for
LETTER = 7.4  # a letter's width, about


def span(first: float, last: float) -> tuple[float, float]:
    """First and last second of the axis. It grows in steps, so it stands still in between."""
    return first, first + next((span for span in (20, 30, 45, WINDOW) if span >= last - first), last - first)


def step(seconds: float, labels: int) -> int:
    """The first round number of seconds that needs fewer labels than these."""
    return next(step for step in (5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if seconds / step < labels)


def by_form(make: Callable[[int], Values]) -> Values:
    """The values that `make` returns for a plot of a given width, for both layouts."""
    return {f"{form}:{key}": value for form, width in PLOTS.items() for key, value in make(width).items()}


def timeline(frame: WorldFrame, first: float, last: float, tall: float) -> Values:
    """The axis from `first` to `last`, in seconds, of a plot that is `tall`; and all marks on it."""
    begin, end = span(first, last)
    marks = recent(frame.marks, begin)

    def placed(width: int) -> Values:
        px = width / (end - begin)
        return _frame(width, begin, last, px, tall) | _times(begin, end, px, tall) | _labels(marks, begin, end, px)

    values: Values = {"past@height": f"{tall + 15:g}", "plot@height": f"{tall + 15:g}"}
    for i in range(MARKS):
        values |= {f"mark{i}{key}": value for key, value in _look(marks.get(i), tall).items()}
    return values | by_form(placed)


def _frame(width: int, begin: float, last: float, px: float, tall: float) -> Values:
    """Moves and stretches of the plot's groups: a second is `px` wide."""
    return {
        "svg@viewBox": f"0 0 {LEFT + width + RIGHT} {HEAD + tall + FOOT}",
        "slide@transform": f"translate({LEFT - begin * px:.1f} 0)",
        "seconds@transform": f"scale({px:.5f} 1)",
        "hatch@patternTransform": f"scale({1 / px:.5f} 1) rotate(45)",  # undoes what `seconds` does to it
        "past@width": f"{(last - begin) * px + 1:.1f}",
        "across@x2": str(LEFT + width),
        "plot@width": str(width),
        "right@transform": f"translate({LEFT + width} 0)",
        "now@transform": f"translate({LEFT + (last - begin) * px:.1f} 0)",
    }


def recent(marks: Sequence[Mark], begin: float) -> dict[int, Mark]:
    """The latest marks on show, each by its node. A mark keeps its node for as long as it's on show."""
    shown = [(i, mark) for i, mark in enumerate(marks) if mark.end >= begin]
    return {i % MARKS: mark for i, mark in shown[-MARKS:]}


def laid(labels: list[tuple[float, str]], left: float, right: float, lines: int = 1) -> list[tuple[int | None, bool]]:
    """The places of labels, newest first: each one's line, and whether it hangs to the left of its x, because the plot
    ends at its right. A label has no line (None) if newer ones fill all lines there.
    """
    limits, places = [1e9] * lines, []  # how far to the right a label may reach, on each line
    for x, label in labels:
        length = LETTER * len(label)
        hangs = x + length > right and x - length > left
        begin, end = (x - length, x) if hangs else (x, x + length)
        line = next((line for line in range(lines) if end <= limits[line]), None)
        if line is not None:
            limits[line] = begin - 10
        places.append((line, hangs))
    return places


def _look(mark: Mark | None, tall: float) -> Values:
    """A mark's look in either layout: a line at its beginning, and a shade for as long as it lasts."""
    if not mark:
        return {"@class": "off", ".shade@d": "", ".label": "", ".line@y2": "0"}
    until = min(mark.end, 1e7)
    shade = f"M{mark.t:g} {HEAD}H{until:g}V{HEAD + tall:g}H{mark.t:g}Z" if until > mark.t else ""
    css = "mark" if mark.fault else "mark calm"
    return {"@class": css, ".shade@d": shade, ".label": mark.label, ".line@y2": f"{HEAD + tall:g}"}


def _labels(marks: dict[int, Mark], begin: float, end: float, px: float) -> Values:
    """The positions of marks and their labels."""
    nowhere = {".line@transform": "translate(0 0)", ".place@transform": "translate(0 0)", ".label@class": "off"}
    values: Values = {f"mark{i}{key}": value for i in range(MARKS) for key, value in nowhere.items()}
    newest = sorted(marks.items(), key=lambda item: -item[1].t)
    labels = [(px * max(mark.t, begin), mark.label) for _, mark in newest]
    places = laid(labels, px * begin - LEFT, px * end + RIGHT, lines=2)
    for (i, mark), (x, _), (line, hangs) in zip(newest, labels, places, strict=True):
        values |= {
            f"mark{i}.line@transform": f"translate({px * mark.t:.1f} 0)",
            f"mark{i}.place@transform": f"translate({x + (-3 if hangs else 3):.1f} {HEAD - (26 if line else 9)})",
            f"mark{i}.label@class": "off" if line is None else "end" if hangs else "",
        }
    return values


def _times(begin: float, end: float, px: float, tall: float) -> Values:
    every, values = step(end - begin, TIMES - 1), Values()
    first = -int(-begin // every)
    for number in range(first, first + TIMES):  # each keeps its node for as long as it's on show
        at = number * every
        values[f"time{number % TIMES}.label"] = f"{at} s" if at <= end else ""
        values[f"time{number % TIMES}@transform"] = f"translate({at * px:.1f} {HEAD + tall + 18:g})"
    return values
