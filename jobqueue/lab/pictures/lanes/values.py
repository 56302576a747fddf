"""The workers' lanes as values: how a frame and the workers' pasts look. Pure, so tested as data."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from jobqueue.lab.pictures.base.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.timeline import HEAD, by_form, laid, span, timeline
from jobqueue.lab.pictures.base.words import ailing
from jobqueue.lab.pictures.lanes.track import Span, Track
from jobqueue.lab.pictures.lanes.words import held, runs, state
from jobqueue.lab.recording.frame import WorkerRow, WorldFrame

LANES = 12
TOP, PITCH, TALL = HEAD + 8, 46, 38  # where the first lane begins, from one to the next, and its height
WORDS = 3  # in each lane, on each of two lines: what was wrong with it, and when its jobs were reaped
EDGE = 5  # height of the line that shows how long something was wrong with a worker
SCALES = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 10**9)


def point(frame: WorldFrame) -> list[float]:
    """The numbers kept of a frame: seconds; and for each worker the jobs it holds, those it runs, and its orphans."""
    point = [round(frame.t, 2)]
    for worker in frame.workers:
        point += [0, 0, worker.running] if worker.state == "dead" else [worker.running, runs(worker), 0]
    return point


class Lane(NamedTuple):
    """A worker on show, its place among all workers, and its past."""

    place: int
    worker: WorkerRow
    track: Track


def values(frame: WorldFrame, points: Sequence[list[float]], tracks: dict[str, Track]) -> Values:
    """Lanes, labels and positions."""
    first, last = points[0][0], points[-1][0]
    begin, end = span(first, last)
    scale = next(scale for scale in SCALES if scale >= max(max(p[1:], default=0) for p in points))
    lanes = _lanes(frame, tracks)
    more = len(frame.workers) - len(lanes)
    values: Values = {
        "height@transform": f"matrix(1 0 0 {-TALL / scale:.5f} 0 {TALL})",
        "scale": f"{scale:,}",
        "more": f"and {more} more, dead or gone" if more else "",
    }
    for i in range(LANES):
        values |= _lane(i, lanes[i], begin, scale, frame) if i < len(lanes) else NO_LANE[i]
    tall = TOP - HEAD + max(1, len(lanes)) * PITCH + 16 * bool(more)
    spread = by_form(lambda width: _spread(lanes, begin, end, width / (end - begin), scale))
    return values | spread | timeline(frame, first, last, tall)


def _lanes(frame: WorldFrame, tracks: dict[str, Track]) -> list[Lane]:
    """The workers that have a lane. If they're too many, those that ended first are left out."""
    team = [Lane(k, worker, tracks[worker.name]) for k, worker in enumerate(frame.workers)]
    latest = sorted(team, key=lambda lane: (-lane.track.ended, -lane.worker.running, -lane.place))[:LANES]
    return sorted(latest, key=attrgetter("place"))


def _spread(lanes: list[Lane], begin: float, end: float, px: float, scale: int) -> Values:
    """Positions along the axis: a second is `px` wide."""
    values = NOWHERE | {"orphans@patternTransform": f"scale({1 / px:.5f} {scale / TALL:.5f}) rotate(45)"}
    for i, lane in enumerate(lanes):
        values[f"lane{i}.end@transform"] = f"translate({lane.track.ended * px:.1f} {TALL / 2:g})"
        for kind, labels in _labels(lane.track, begin).items():
            values |= _places(f"lane{i}.{kind}", labels, begin, end, px)
    return values


def _lane(i: int, lane: Lane, begin: float, scale: int, frame: WorldFrame) -> Values:
    place, worker, track = lane
    colour, dead = f"w{worker.colour % len(WORKER_COLOURS)}", worker.state == "dead"
    jobs = track.jobs.since(begin) if track.jobs.complete(begin) else []
    return {
        f"lane{i}@class": f"lane {worker.state} {colour}" + " haunted" * (dead and worker.running > 0),
        f"lane{i}.name": worker.name,
        f"lane{i}.pid": f"pid {worker.pid}" if worker.pid else "",
        f"lane{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
        f"lane{i}.shape@class": colour + " hollow" * worker.over,
        f"lane{i}.state": state(worker),
        f"lane{i}.ill": ailing(worker, room=17),
        f"lane{i}.holds": "" if worker.faults else held(worker, frame),
        f"lane{i}.life@d": _bar(track.hired, track.ended, 0, TALL),
        f"lane{i}.held@data-s": str(1 + 3 * place),
        f"lane{i}.runs@data-s": "" if jobs else str(2 + 3 * place),
        f"lane{i}.orphans@data-s": str(3 + 3 * place) if dead else "",
        f"lane{i}.jobs@d": _stacked(jobs, scale),
        f"lane{i}.frozen@d": "".join(_bar(s.begin, s.end, 0, TALL) for s in _frozen(track, begin)),
        f"lane{i}.ails@d": "".join(
            _bar(s.begin, min(s.end, track.ended), 0, EDGE) for s in track.faults.since(begin) if s.begin < track.ended
        ),
    }


def _stacked(jobs: list[Span], scale: int) -> str:
    """Jobs as bars, one by one: each in its row."""
    tall = TALL / max([scale, *(job.row + 1 for job in jobs)])
    return "".join(_bar(job.begin, job.end, TALL - tall * (job.row + 1), TALL - tall * job.row) for job in jobs)


def _bar(begin: float, end: float, top: float, bottom: float) -> str:
    return f"M{begin:g} {top:g}H{end:g}V{bottom:g}H{begin:g}Z" if end > begin else ""


def _frozen(track: Track, begin: float) -> list[Span]:
    return [state for state in track.states.since(begin) if state.name == "frozen"]


#: Words at moments in seconds, by the number of their node, the latest first.
Labels: TypeAlias = dict[int, tuple[float, str]]


def _labels(track: Track, begin: float) -> dict[str, Labels]:
    """The words in a lane, by kind: what was wrong with the worker, and how many of its jobs were reaped."""
    ails = sorted([*track.faults.since(begin), *_frozen(track, begin)], key=lambda span: -span.begin)[:WORDS]
    reaps = [(number % WORDS, t, n) for number, t, n in reversed(track.reaps) if t >= begin][:WORDS]
    return {
        "ail": {k: (ail.begin, ail.name) for k, ail in enumerate(ails)},
        "reap": {k: (t, f"{n:,} reaped") for k, t, n in reaps},
    }


def _places(key: str, labels: Labels, begin: float, end: float, px: float) -> Values:
    """The positions of words; those without room are left out."""
    placed = [(px * max(t, begin), words + "  ") for t, words in labels.values()]
    values: Values = {}
    for k, (x, words), (line, hangs) in zip(labels, placed, laid(placed, px * begin, px * end), strict=True):
        values[f"{key}{k}@transform"] = f"translate({x:.1f} 0)"
        values[f"{key}{k}@class"] = key.split(".")[1]
        values[f"{key}{k}.label"] = words.strip() if line is not None else ""
        values[f"{key}{k}.label@class"] = "end" if hangs else ""
    return values


#: The values of a lane without a worker, and of words in a lane that has none.
EMPTY = ("name", "pid", "shape@d", "shape@class", "state", "ill", "holds", "life@d", "held@data-s", "runs@data-s")
EMPTY_PATHS = ("orphans@data-s", "jobs@d", "frozen@d", "ails@d")
NO_LANE: list[Values] = [
    {f"lane{i}@class": "off", **{f"lane{i}.{key}": "" for key in (*EMPTY, *EMPTY_PATHS)}} for i in range(LANES)
]
NO_WORDS = {"@transform": "translate(0 0)", "@class": "off", ".label": "", ".label@class": ""}
NOWHERE: Values = {f"lane{i}.end@transform": "translate(0 0)" for i in range(LANES)}
NOWHERE |= {
    f"lane{i}.{kind}{k}{key}": value
    for i in range(LANES)
    for kind in ("ail", "reap")
    for k in range(WORDS)
    for key, value in NO_WORDS.items()
}
