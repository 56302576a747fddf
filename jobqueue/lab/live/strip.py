"""The strip: where the jobs are, over time. Scales and labels; the areas themselves are drawn in seconds and jobs."""

from jobqueue.lab.live.frame import counted, orphans, places
from jobqueue.lab.live.view import POINTS, WINDOW

COLUMN = 640  # width of the strip with its labels, and of what stands above and below it
PLOT = (44, 496)  # left edge and width of both lanes
LANES = {"jobs": (60, 100), "pending": (190, 62)}  # top and height
MARKS, TIMES = 8, 7  # how many faults, and labels of the time axis, there is room for


def point(frame: dict) -> list[float]:
    """What the strip remembers of a frame: seconds, then the tops of its areas (everything, all but waiting, done),
    then pending and orphans."""
    n = places(frame)
    everything = sum(n.values())
    left = everything - n["waiting"]
    return [round(frame["t"], 2), everything, left, n["done"], n["pending"], len(orphans(frame))]


def thinned(points: list, most: int = POINTS) -> list:
    """At most `most` of them, evenly, the last one always."""
    step = -(-len(points) // most) or 1
    return points[::-1][::step][::-1]


def ceiling(n: float) -> int:
    """The first round number not below `n`, one that can be halved."""
    steps = (step * 10**power for power in range(9) for step in (10, 16, 20, 30, 40, 60, 80))
    return next(step for step in steps if step >= n)


def short(n: int) -> str:
    return f"{n:,}" if n < 10_000 else f"{n / 1000:g}k" if n < 1_000_000 else f"{n / 1_000_000:g}M"


def _span(points: list[list[float]]) -> tuple[float, float]:
    """First and last second of the time axis: it grows in steps, so that it stands still in between."""
    first, last = points[0][0], points[-1][0]
    return first, first + next((span for span in (20, 30, 45, WINDOW) if span >= last - first), last - first)


def strip(frame: dict, points: list[list[float]]) -> dict:
    """The strip's scales, and every label on it."""
    points = points or [point(frame)]
    begin, end = _span(points)
    left, width = PLOT
    seconds = width / (end - begin)
    tops = {"jobs": ceiling(max(p[1] for p in points)), "pending": ceiling(max(p[4] for p in points))}
    found = {}
    for lane, (top, height) in LANES.items():  # a matrix: seconds and jobs → units
        floor, scale = top + height, height / tops[lane]
        found[f"lane.{lane}@transform"] = f"matrix({seconds:.4f} 0 0 {-scale:.5f} {left - begin * seconds:.2f} {floor})"
        found |= {f"lane.{lane}.{share}": short(tops[lane] * share // 2) for share in (0, 1, 2)}
    found |= _tips(frame, points[-1], left + (points[-1][0] - begin) * seconds, tops)
    found |= _times(begin, end, seconds) | _marks(frame, begin, seconds)
    return found


def _tips(frame: dict, last: list[float], x: float, tops: dict) -> dict:
    """Labels at the right end of each area. Those that would overlap are pushed apart."""
    n = places(frame)
    _, everything, moved, done, pending, stray = last
    middle = " · ".join(f"{place} {n[place]:,}" for place in ("delayed", "dead") if n[place])
    wanted = {
        "jobs": [
            ("done", f"done {n['done']:,}" if n["done"] else "", done / 2),
            ("middle", middle, (done + moved) / 2),
            ("waiting", f"waiting {n['waiting']:,}" if n["waiting"] or not moved else "", (moved + everything) / 2),
        ],
        "pending": [
            ("orphans", counted(stray, "orphan") if stray else "", stray / 2),
            ("pending", f"pending {pending:,}", max(pending, stray + 1)),
        ],
    }
    found = {}
    for lane, labels in wanted.items():
        top, height = LANES[lane]
        highest = top + height + 15
        for name, words, at in labels:  # from the bottom up
            y = min(top + height - height * at / tops[lane] + 4, highest - 15)
            found[f"tip.{name}.label"] = words
            found[f"tip.{name}@transform"] = f"translate({x + 7:.1f} {y:.1f})"
            highest = y if words else highest
    return found


def _times(begin: float, end: float, seconds: float) -> dict:
    step = next(step for step in (5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10**9) if (end - begin) / step < TIMES)
    first = -int(-begin // step)
    found = {}
    for i in range(TIMES):
        at = (first + i) * step
        x = PLOT[0] + (at - begin) * seconds
        found[f"time{i}.label"] = f"{at} s" if at <= end else ""
        found[f"time{i}@transform"] = f"translate({x:.1f} 0)"
    return found


def _marks(frame: dict, begin: float, seconds: float) -> dict:
    """The latest marks. A label takes the lower line, or the upper one, or is left out when later labels fill both."""
    marks = [mark for mark in frame["marks"] if mark["t"] >= begin][-MARKS:]
    found, limits = {}, [1e9, 1e9]  # how far to the right a label may reach, on each line
    for i in reversed(range(MARKS)):
        mark = marks[i] if i < len(marks) else {"t": begin, "label": ""}
        css = "mark" if mark.get("fault", True) else "mark calm"
        x = PLOT[0] + (mark["t"] - begin) * seconds
        length = 7.4 * len(mark["label"])
        left = x - length if x + length > COLUMN else x
        line = next((line for line in (0, 1) if left + length <= limits[line]), None)
        if line is not None and mark["label"]:
            limits[line] = left - 10
        found |= {
            f"mark{i}@class": css if i < len(marks) else "off",
            f"mark{i}@transform": f"translate({x:.1f} 0)",
            f"mark{i}.label": mark["label"],
            f"mark{i}.label@y": str(LANES["jobs"][0] - (25 if line else 10)),
            f"mark{i}.label@class": "off" if line is None else "end" if left < x else "",
        }
    return found
