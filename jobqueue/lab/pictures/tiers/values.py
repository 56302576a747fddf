"""The strip by tier as values: how a frame and the points before it look. Pure, so tested as data."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.scale import ceiling, short
from jobqueue.lab.pictures.base.timeline import HEAD, LEFT, by_form, span, timeline
from jobqueue.lab.recording.frame import WorldFrame

#: Top and height of each panel.
PANELS = {"depth": (HEAD + 12, 118), "pel": (HEAD + 156, 66), "wait": (HEAD + 248, 88)}
TALL = 336  # from HEAD to where the last one ends
SERIES = {panel: range(1 + 3 * i, 4 + 3 * i) for i, panel in enumerate(PANELS)}  # in a point, one a tier
REFUSED = 10  # in a point: how many since the point before
LINE = 17  # height of a label
BEADS = 21  # how many shapes of tiers there's room for on the lines
BEAD_SECONDS = 10
WATERMARKS = {"full": "is full", "open": "opens again"}


def point(frame: WorldFrame, refused: int) -> list[float]:
    """The numbers kept of a frame: seconds; by tier depth, PEL and oldest wait in seconds; new refusals."""
    depth = [frame.depth(tier) for tier in TIERS]
    pel = [frame.pending.get(tier, 0) for tier in TIERS]
    wait = [round(max(0.0, frame.oldest.get(tier, 0)), 1) for tier in TIERS]
    return [round(frame.t, 2), *depth, *pel, *wait, max(0, frame.refused - refused)]


#: Tops of the panels' scales.
Scales: TypeAlias = dict[str, float]
Capacity: TypeAlias = dict[str, tuple[int, int]]


def values(frame: WorldFrame, points: Sequence[list[float]], beads: Iterable[tuple[int, list[float]]]) -> Values:
    """Scales, labels and positions. `beads` are some of the points, each with the number of its turn."""
    scales: Scales = {panel: _scale(panel, points, frame.capacity) for panel in PANELS}
    values: Values = {"refused": f"{frame.refused:,} refused" if frame.refused else ""}
    for panel, (top, tall) in PANELS.items():
        values[f"{panel}@transform"] = f"matrix(1 0 0 {-tall / scales[panel]:.5f} 0 {top + tall})"
        values |= {f"{panel}.{share}": short(int(scales[panel]) * share // 2) for share in (0, 1, 2)}
        values |= _tips(panel, points[-1], scales[panel])
    values |= _watermarks(frame.capacity, scales["depth"])
    begin, end = span(points[0][0], points[-1][0])
    shown = {turn % BEADS: bead for turn, bead in beads if bead[0] >= begin}
    values |= _strung(shown, scales) | by_form(lambda width: _spread(shown, width / (end - begin)))
    return values | timeline(frame, points[0][0], points[-1][0], TALL)


def _scale(panel: str, points: Sequence[list[float]], capacity: Capacity) -> float:
    """The top of a panel's scale. A watermark is on it once its tier comes near; sooner, it would flatten the lines."""
    most = max(max(p[k] for p in points) for k in SERIES[panel])
    if panel == "depth":
        for tier, (_, full) in capacity.items():
            if tier in TIERS and 3 * max(p[SERIES[panel][TIERS.index(tier)]] for p in points) >= full:
                most = max(most, full)
    return ceiling(most)


def height(panel: str, n: float, scale: float) -> float:
    """The y of a number in a panel."""
    top, tall = PANELS[panel]
    return top + tall - tall * n / scale


def _tips(panel: str, last: list[float], scale: float) -> Values:
    """Labels at the right end of each line, in the order of the lines. Those that would overlap are pushed apart."""
    top, tall = PANELS[panel]
    now = dict(zip(reversed(TIERS), (last[k] for k in reversed(SERIES[panel])), strict=True))
    values, y = Values(), top + tall + LINE + 2.0
    for place, tier in enumerate(sorted(now, key=lambda tier: now[tier])):  # from the bottom up
        room = top + 6 + LINE * (len(now) - 1 - place)
        y = max(room, min(height(panel, now[tier], scale), y - LINE))
        unit = f"{now[tier]:.1f} s" if panel == "wait" else f"{now[tier]:,}"
        values[f"tip.{panel}.{tier}.label"] = f"{tier} {unit}"
        values[f"tip.{panel}.{tier}@transform"] = f"translate(0 {y:.1f})"
    return values


def _watermarks(capacity: Capacity, scale: float) -> Values:
    """Lines at which a tier is full, and at which it opens again."""
    values: Values = {}
    for tier in TIERS:
        low, high = capacity.get(tier, (0, 0))
        for which, n in zip(WATERMARKS, (high, low), strict=True):
            shown = 0 < n <= scale and not (which == "open" and low >= high - 1)  # with one number, only the upper line
            key = f"{which}.{tier}"
            values[f"{key}.label@x"] = str(LEFT + 6 + 150 * [*capacity].index(tier) if shown else 0)
            values[f"{key}@class"] = f"watermark {tier}" if shown else "off"
            values[f"{key}@transform"] = f"translate(0 {height('depth', n, scale) if shown else 0:.1f})"
            values[f"{key}.label"] = f"{tier} {WATERMARKS[which]} at {n:,}" if shown else ""
    return values


def _strung(beads: dict[int, list[float]], scales: Scales) -> Values:
    """The height of each bead. A tier without jobs has none."""
    values: Values = {}
    for i in range(BEADS):
        for panel in PANELS:
            n = beads[i][SERIES[panel][i % len(TIERS)]] if i in beads else 0
            values[f"bead{i}.{panel}@class"] = "bead" if n else "off"
            values[f"bead{i}.{panel}@transform"] = f"translate(0 {height(panel, n, scales[panel]):.1f})"
    return values


def _spread(beads: dict[int, list[float]], px: float) -> Values:
    return {f"bead{i}@transform": f"translate({beads[i][0] * px if i in beads else 0:.1f} 0)" for i in range(BEADS)}
