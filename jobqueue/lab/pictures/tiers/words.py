"""The strip in words."""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.over_time import LATELY
from jobqueue.lab.pictures.base.words import counted, in_force, lease_left
from jobqueue.lab.pictures.tiers.values import REFUSED, SERIES
from jobqueue.lab.recording.frame import WorldFrame

STARVING = 4.0  # seconds in which no job of a tier was pending, while jobs of a higher tier were


def finding(frame: WorldFrame, points: Sequence[list[float]]) -> str:
    """The worst that the picture shows now, in one short sentence."""
    if not frame.accepted and not frame.refused and not any(point[k] for point in points for k in SERIES["depth"]):
        return "No job has been accepted yet"
    return _stranded(frame) or _refusing(frame, points) or _starving(points) or _trend(points)


def tiers(frame: WorldFrame, point: Sequence[float]) -> str:
    """The numbers of each tier now."""
    words = []
    for panel, form in {"depth": "depth {} jobs", "pel": "PEL {} jobs", "wait": "oldest wait {} seconds"}.items():
        by_tier = [f"{tier} {point[k]:g}" for tier, k in zip(TIERS, SERIES[panel], strict=True)]
        words.append(form.format(", ".join(by_tier)))
    return f"{'; '.join(words)}; {frame.refused} refused"


def _since(points: Sequence[list[float]], seconds: float) -> list[list[float]]:
    return [point for point in points if point[0] >= points[-1][0] - seconds]


def _refusing(frame: WorldFrame, points: Sequence[list[float]]) -> str:
    fresh = sum(point[REFUSED] for point in _since(points, LATELY))
    if not fresh:
        return ""
    if memory := in_force(frame, "memory"):
        return f"{memory}: {fresh:,} refused in the last {LATELY:.0f} s"
    depths = dict(zip(TIERS, (points[-1][k] for k in SERIES["depth"]), strict=True))
    full = [tier for tier, (low, _) in frame.capacity.items() if depths.get(tier, 0) >= low]
    whose = f"{' and '.join(full)} {'is' if len(full) == 1 else 'are'} full: " if full else ""
    return f"{whose}{fresh:,} refused in the last {LATELY:.0f} s"


def _stranded(frame: WorldFrame) -> str:
    if not (orphans := frame.orphans):
        return ""
    left = lease_left(orphans, frame.lease)
    when = f"the first lease ends in {left} s" if left > 0 else "their leases are over"
    return f"{counted(len(orphans), 'orphan')} in the PEL, {when}"


def _starving(points: Sequence[list[float]]) -> str:
    past = _since(points, STARVING)
    busy = [any(point[k] for point in past) for k in SERIES["pel"]]
    if not any(busy):
        return ""
    first = busy.index(True)
    waits = {TIERS[k]: past[-1][SERIES["wait"][k]] for k in range(first + 1, len(TIERS)) if not busy[k]}
    starving = [tier for tier, wait in waits.items() if wait >= STARVING]
    if not starving:
        return ""
    verb = "starves" if len(starving) == 1 else "starve"
    return f"{' and '.join(starving)} {verb} behind {TIERS[first]}: {max(waits.values()):.0f} s waiting"


def _trend(points: Sequence[list[float]]) -> str:
    past = _since(points, 5.0)
    now, before = (sum(point[k] for k in SERIES["depth"]) for point in (past[-1], past[0]))
    held = sum(past[-1][k] for k in SERIES["pel"])
    if not now:
        return "All tiers are empty"
    way = "growing" if now > 1.1 * before + 5 else "draining" if now < 0.9 * before - 5 else ""
    return f"{counted(int(now), 'job')} in the queue, {held:,} of them pending" + f": it is {way}" * bool(way)
