"""The strip by tier, as values: what a frame and the points before it look like. Pure, so tested as data."""

from collections.abc import Iterable

from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.strip import ceiling, short
from jobqueue.lab.live.timeline import HEAD, LEFT, by_form, span, timeline

#: Top and height of each panel.
PANELS = {"depth": (HEAD + 12, 118), "pel": (HEAD + 156, 66), "wait": (HEAD + 248, 88)}
TALL = 336  # from HEAD to where the last one ends
SERIES = {panel: range(1 + 3 * i, 4 + 3 * i) for i, panel in enumerate(PANELS)}  # in a point, one a tier
REFUSED = 10  # in a point: how many since the point before
LINE = 17  # height of a label
BEADS = 21  # on each line its tier's shape, every so often: how many there is room for
BEAD_SECONDS = 10
WATERMARKS = ("full", "open")


def point(frame: dict, refused: int) -> list[float]:
    """What is kept of a frame: seconds; depth, PEL and oldest wait in seconds, by tier; refused since then."""
    depth = [sum(frame[place].get(tier, 0) for place in ("waiting", "pending", "delayed")) for tier in TIERS]
    pel = [frame["pending"].get(tier, 0) for tier in TIERS]
    wait = [round(max(0.0, frame["oldest"].get(tier, 0)), 1) for tier in TIERS]
    return [round(frame["t"], 2), *depth, *pel, *wait, max(0, frame["refused"] - refused)]


def values(frame: dict, points: list[list[float]], beads: Iterable[tuple[int, list[float]]]) -> dict:
    """Scales, labels and positions. `beads` are some of the points, each with its turn."""
    scales = {panel: _scale(panel, points, frame["capacity"]) for panel in PANELS}
    found = {"refused": f"{frame['refused']:,} refused" if frame["refused"] else ""}
    for panel, (top, tall) in PANELS.items():
        found[f"{panel}@transform"] = f"matrix(1 0 0 {-tall / scales[panel]:.5f} 0 {top + tall})"
        found |= {f"{panel}.{share}": short(scales[panel] * share // 2) for share in (0, 1, 2)}
        found |= _tips(panel, points[-1], scales[panel])
    found |= _watermarks(frame["capacity"], scales["depth"])
    begin, end = span(points[0][0], points[-1][0])
    seen = {turn % BEADS: bead for turn, bead in beads if bead[0] >= begin}
    found |= _strung(seen, scales) | by_form(lambda width: _spread(seen, width / (end - begin)))
    return found | timeline(frame, points[0][0], points[-1][0], TALL)


def _scale(panel: str, points: list[list[float]], capacity: dict) -> float:
    """The top of a panel's scale. A watermark is on it as soon as its tier comes near: before, it would flatten all."""
    most = max(max(p[k] for p in points) for k in SERIES[panel])
    if panel == "depth":
        for tier, (_, full) in capacity.items():
            if tier in TIERS and 3 * max(p[SERIES[panel][TIERS.index(tier)]] for p in points) >= full:
                most = max(most, full)
    return ceiling(most)


def height(panel: str, n: float, scale: float) -> float:
    """Where `n` is in a panel."""
    top, tall = PANELS[panel]
    return top + tall - tall * n / scale


def _tips(panel: str, last: list[float], scale: float) -> dict:
    """Labels at the right end of each line, in the order of their lines; those that would overlap are pushed apart."""
    top, tall = PANELS[panel]
    now = dict(zip(reversed(TIERS), (last[k] for k in reversed(SERIES[panel])), strict=True))
    found, y = {}, top + tall + LINE + 2
    for place, tier in enumerate(sorted(now, key=now.get)):  # from the bottom up, leaving room for those above
        room = top + 6 + LINE * (len(now) - 1 - place)
        y = max(room, min(height(panel, now[tier], scale), y - LINE))
        unit = f"{now[tier]:.1f} s" if panel == "wait" else f"{now[tier]:,}"
        found[f"tip.{panel}.{tier}.label"] = f"{tier} {unit}"
        found[f"tip.{panel}.{tier}@transform"] = f"translate(0 {y:.1f})"
    return found


def _watermarks(capacity: dict, scale: float) -> dict:
    """Lines where a tier is full, and where it is open again."""
    found = {}
    for tier in TIERS:
        low, high = capacity.get(tier, (0, 0))
        for which, n in zip(WATERMARKS, (high, low), strict=True):
            seen = 0 < n <= scale and not (which == "open" and low >= high - 1)  # of one number
            key = f"{which}.{tier}"
            found[f"{key}.label@x"] = str(LEFT + 6 + 150 * [*capacity].index(tier) if seen else 0)
            found[f"{key}@class"] = f"watermark {tier}" if seen else "off"
            found[f"{key}@transform"] = f"translate(0 {height('depth', n, scale) if seen else 0:.1f})"
            found[f"{key}.label"] = f"{tier} {'is full' if which == 'full' else 'opens again'} at {n:,}" if seen else ""
    return found


def _strung(beads: dict, scales: dict) -> dict:
    """How high each bead is; of a tier that has nothing there is none."""
    found = {}
    for i in range(BEADS):
        for panel in PANELS:
            n = beads[i][SERIES[panel][i % len(TIERS)]] if i in beads else 0
            found[f"bead{i}.{panel}@class"] = "bead" if n else "off"
            found[f"bead{i}.{panel}@transform"] = f"translate(0 {height(panel, n, scales[panel]):.1f})"
    return found


def _spread(beads: dict, px: float) -> dict:
    return {f"bead{i}@transform": f"translate({beads[i][0] * px if i in beads else 0:.1f} 0)" for i in range(BEADS)}
