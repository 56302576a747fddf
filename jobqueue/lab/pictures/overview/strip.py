"""The strip: where the jobs are, over time. Scales and labels; the areas themselves are drawn in seconds and jobs."""

from collections.abc import Sequence
from typing import TypeVar

from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.scale import ceiling, short
from jobqueue.lab.pictures.base.timeline import laid, span, step
from jobqueue.lab.pictures.base.view import POINTS
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.frame import WorldFrame

COLUMN = 640  # width of the strip with its labels, and of the panels above and below it
PLOT = (52, 488)  # left edge and width of both lanes
LANES = {"jobs": (60, 100), "pending": (190, 62)}  # top and height
MARKS, TIMES = 8, 7  # how many faults, and labels of the time axis, there's room for

Each = TypeVar("Each")


def point(frame: WorldFrame) -> list[float]:
    """The numbers kept of a frame: seconds; the tops of its areas (all jobs, all but waiting ones, done ones); pending
    jobs and orphans."""
    n = frame.places
    everything = sum(n.values())
    return [round(frame.t, 2), everything, everything - n["waiting"], n["done"], n["pending"], len(frame.orphans)]


def thinned(points: list[Each], most: int = POINTS) -> list[Each]:
    """At most `most` of them, evenly; always with the last one."""
    step = -(-len(points) // most) or 1
    return points[::-1][::step][::-1]


def strip(frame: WorldFrame, points: Sequence[Sequence[float]]) -> Values:
    """The strip's scales, and every label on it."""
    points = points or [point(frame)]
    begin, end = span(points[0][0], points[-1][0])
    left, width = PLOT
    px = width / (end - begin)
    tops = {"jobs": ceiling(max(p[1] for p in points)), "pending": ceiling(max(p[4] for p in points))}
    values: Values = {}
    for lane, (top, height) in LANES.items():  # a matrix: seconds and jobs → units
        floor, scale = top + height, height / tops[lane]
        values[f"lane.{lane}@transform"] = f"matrix({px:.4f} 0 0 {-scale:.5f} {left - begin * px:.2f} {floor})"
        values |= {f"lane.{lane}.{share}": short(tops[lane] * share // 2) for share in (0, 1, 2)}
    values |= _tips(frame, points[-1], left + (points[-1][0] - begin) * px, tops)
    return values | _times(begin, end, px) | _marks(frame, begin, px)


def _tips(frame: WorldFrame, last: Sequence[float], x: float, tops: dict[str, int]) -> Values:
    """Labels at the right end of each area. Those that would overlap are pushed apart."""
    values: Values = {}
    for lane, labels in _labels(frame, last).items():
        top, height = LANES[lane]
        highest = top + height + 15.0
        for name, words, at in labels:  # from the bottom up
            y = min(top + height - height * at / tops[lane] + 4, highest - 15)
            values[f"tip.{name}.label"] = words
            values[f"tip.{name}@transform"] = f"translate({x + 7:.1f} {y:.1f})"
            highest = y if words else highest
    return values


def _labels(frame: WorldFrame, last: Sequence[float]) -> dict[str, list[tuple[str, str, float]]]:
    """Each lane's labels from the bottom up: name, words, and the number of jobs at which it would best stand."""
    n = frame.places
    _, everything, moved, done, pending, stray = last
    middle = " · ".join(f"{place} {n[place]:,}" for place in ("delayed", "dead") if n[place])
    return {
        "jobs": [
            ("done", f"done {n['done']:,}" if n["done"] else "", done / 2),
            ("middle", middle, (done + moved) / 2),
            ("waiting", f"waiting {n['waiting']:,}" if n["waiting"] or not moved else "", (moved + everything) / 2),
        ],
        "pending": [
            ("orphans", counted(int(stray), "orphan") if stray else "", stray / 2),
            ("pending", f"pending {pending:,}", max(pending, stray + 1)),
        ],
    }


def _times(begin: float, end: float, px: float) -> Values:
    every, values = step(end - begin, TIMES), Values()
    first = -int(-begin // every)
    for i in range(TIMES):
        at = (first + i) * every
        values[f"time{i}.label"] = f"{at} s" if at <= end else ""
        values[f"time{i}@transform"] = f"translate({PLOT[0] + (at - begin) * px:.1f} 0)"
    return values


def _marks(frame: WorldFrame, begin: float, px: float) -> Values:
    """The latest marks. A label takes the lower line, or the upper one; if later labels fill both, it has none."""
    marks = [mark for mark in frame.marks if mark.t >= begin][-MARKS:]
    xs = [PLOT[0] + (mark.t - begin) * px for mark in marks]
    newest_first = list(zip(xs, (mark.label for mark in marks), strict=True))[::-1]
    places = laid(newest_first, left=0, right=COLUMN, lines=2)[::-1]
    values: Values = {}
    for i in range(MARKS):
        values |= {f"mark{i}@class": "off", f"mark{i}@transform": f"translate({PLOT[0]:.1f} 0)", f"mark{i}.label": ""}
        values |= {f"mark{i}.label@y": str(LANES["jobs"][0] - 10), f"mark{i}.label@class": ""}
    for i, (mark, x, (line, hangs)) in enumerate(zip(marks, xs, places, strict=True)):
        values |= {
            f"mark{i}@class": "mark" if mark.fault else "mark calm",
            f"mark{i}@transform": f"translate({x:.1f} 0)",
            f"mark{i}.label": mark.label,
            f"mark{i}.label@y": str(LANES["jobs"][0] - (25 if line else 10)),
            f"mark{i}.label@class": "off" if line is None else "end" if hangs else "",
        }
    return values
