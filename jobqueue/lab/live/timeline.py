"""The time axis that pictures share: how many seconds are seen, where a second is, and what was done to the world when.

Whatever moves lies in a group that slides: within it a moment stays where it is, so that nothing in it has to be sent
again while time passes. There are two layouts, which differ in the width of the plot only.
"""

from jobqueue.lab.live.view import WINDOW

LEFT, RIGHT = 96, 136  # margins of a plot: names and scales at its left, what is now at its right
PLOTS = {"narrow": 408, "wide": 768}  # widths of a plot
HEAD = 72  # where plots begin, below the title and two lines of marks' labels
FOOT = 26  # what a plot needs below it, for seconds
MARKS, TIMES = 8, 8  # how many marks, and seconds on the axis, there is room for
LETTER = 7.4  # width of one, about


def span(first: float, last: float) -> tuple[float, float]:
    """First and last second of the axis: it grows in steps, so that it stands still in between."""
    return first, first + next((span for span in (20, 30, 45, WINDOW) if span >= last - first), last - first)


def by_form(make) -> dict:
    """What `make` says of a plot of some width, for both layouts."""
    return {f"{form}:{key}": value for form, width in PLOTS.items() for key, value in make(width).items()}


def timeline(frame: dict, first: float, last: float, tall: float) -> dict:
    """The axis from `first` to `last`, in seconds, of a plot that is `tall`; and all marks on it."""
    begin, end = span(first, last)
    marks = recent(frame["marks"], begin)
    found = {f"mark{i}{key}": value for i in range(MARKS) for key, value in _look(marks.get(i), tall).items()}

    def placed(width: int) -> dict:
        px = width / (end - begin)
        found = {
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
        return found | _times(begin, end, px, tall) | _labels(marks, begin, end, px)

    return found | {"past@height": f"{tall + 15:g}", "plot@height": f"{tall + 15:g}"} | by_form(placed)


def recent(marks: list[dict], begin: float) -> dict[int, dict]:
    """The latest marks that are seen, each by the node it keeps for as long as it is."""
    seen = [(i, mark) for i, mark in enumerate(marks) if _until(mark) >= begin]
    return {i % MARKS: mark for i, mark in seen[-MARKS:]}


def laid(labels: list[tuple[float, str]], left: float, right: float, lines: int = 1) -> list[tuple[int | None, bool]]:
    """Where labels go, newest first: each on which line, and whether it hangs to the left of its x, because at its
    right the plot ends. None: without a label, as newer ones fill all lines where it would be.
    """
    limits, found = [1e9] * lines, []  # how far to the right a label may reach, on each line
    for x, label in labels:
        length = LETTER * len(label)
        hangs = x + length > right and x - length > left
        begin, end = (x - length, x) if hangs else (x, x + length)
        line = next((line for line in range(lines) if end <= limits[line]), None)
        if line is not None:
            limits[line] = begin - 10
        found.append((line, hangs))
    return found


def _until(mark: dict) -> float:
    """When it was over; what has no end yet lasts."""
    until = mark.get("until", mark["t"])
    return float("inf") if until is None else until


def _look(mark: dict | None, tall: float) -> dict:
    """What a mark looks like wherever it is: a line at its beginning, and a shade for as long as it lasts."""
    if not mark:
        return {"@class": "off", ".shade@d": "", ".label": "", ".line@y2": "0"}
    until = min(_until(mark), 1e7)
    shade = f"M{mark['t']:g} {HEAD}H{until:g}V{HEAD + tall:g}H{mark['t']:g}Z" if until > mark["t"] else ""
    css = "mark" if mark.get("fault", True) else "mark calm"
    return {"@class": css, ".shade@d": shade, ".label": mark["label"], ".line@y2": f"{HEAD + tall:g}"}


def _labels(marks: dict[int, dict], begin: float, end: float, px: float) -> dict:
    """Where marks and their labels are."""
    nowhere = {".line@transform": "translate(0 0)", ".place@transform": "translate(0 0)", ".label@class": "off"}
    found = {f"mark{i}{key}": value for i in range(MARKS) for key, value in nowhere.items()}
    marks = dict(sorted(marks.items(), key=lambda item: -item[1]["t"]))
    xs = [px * max(mark["t"], begin) for mark in marks.values()]
    labels = list(zip(xs, (mark["label"] for mark in marks.values()), strict=True))
    places = laid(labels, px * begin - LEFT, px * end + RIGHT, lines=2)
    for (i, mark), x, (line, hangs) in zip(marks.items(), xs, places, strict=True):
        found |= {
            f"mark{i}.line@transform": f"translate({px * mark['t']:.1f} 0)",
            f"mark{i}.place@transform": f"translate({x + (-3 if hangs else 3):.1f} {HEAD - (26 if line else 9)})",
            f"mark{i}.label@class": "off" if line is None else "end" if hangs else "",
        }
    return found


def _times(begin: float, end: float, px: float, tall: float) -> dict:
    step = next(step for step in (5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if (end - begin) / step < TIMES - 1)
    first, found = -int(-begin // step), {}
    for number in range(first, first + TIMES):  # each keeps its node for as long as it is seen
        at = number * step
        found[f"time{number % TIMES}.label"] = f"{at} s" if at <= end else ""
        found[f"time{number % TIMES}@transform"] = f"translate({at * px:.1f} {HEAD + tall + 18:g})"
    return found


AWAY = {
    "up": "",
    "down": "Redis is down: this is what was seen last",
    "paused": "Redis does not answer: all stand still",
}


def away(frame: dict) -> str:
    """What a picture's title says while Redis is away."""
    return AWAY[frame["redis"]]


def in_force(frame: dict, word: str) -> str:
    """What was done to the world, lasts, and has this word in its label; the latest."""
    lasting = (mark["label"] for mark in reversed(frame["marks"]) if mark.get("until", 0) is None)
    return next((label for label in lasting if word in label), "")


def recounted(frame: dict) -> str:
    """The latest faults in words."""
    said = []
    for mark in frame["marks"][-3:]:
        until = mark.get("until", mark["t"])
        lasted = "" if until == mark["t"] else ", and lasts" if until is None else f", for {until - mark['t']:.1f} s"
        said.append(f"{mark['label']} at {mark['t']:.1f} s{lasted}")
    return "; ".join(said) or "none"
