"""The workers' lanes, as values: what a frame and the workers' pasts look like. Pure, so tested as data."""

from collections.abc import Sequence

from jobqueue.lab.live.lanes_track import Span, Track
from jobqueue.lab.live.lanes_words import runs, state
from jobqueue.lab.live.language import WORKER_COLOURS, WORKER_SHAPES, ailing
from jobqueue.lab.live.timeline import HEAD, by_form, laid, span, timeline

LANES = 12
TOP, PITCH, TALL = HEAD + 8, 46, 38  # where the first lane begins, from one to the next, and its height
WORDS = 3  # in each lane on each of two lines: what ailed it, and when its jobs were reaped
EDGE = 5  # height of the line that says how long something ailed a worker
SCALES = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 10**9)


def point(frame: dict) -> list[float]:
    """What is kept of a frame: seconds; and for each worker the jobs it holds, those it runs, and its orphans."""
    found = [round(frame["t"], 2)]
    for worker in frame["workers"]:
        held = worker["running"]
        found += [0, 0, held] if worker["state"] == "dead" else [held, runs(worker), 0]
    return found


def values(frame: dict, points: Sequence[list[float]], tracks: dict[str, Track]) -> dict:
    """Lanes, labels and positions."""
    begin, end = span(points[0][0], points[-1][0])
    most = max(max(p[1:], default=0) for p in points)
    scale = next(scale for scale in SCALES if scale >= most)
    seen = _seen(frame, tracks)
    more = len(frame["workers"]) - len(seen)
    found = {
        "height@transform": f"matrix(1 0 0 {-TALL / scale:.5f} 0 {TALL})",
        "scale": f"{scale:,}",
        "more": f"and {more} more, dead or gone" if more else "",
    }
    for i in range(LANES):
        found |= _lane(i, *seen[i], begin, scale) if i < len(seen) else NO_LANE[i]
    told = [_told(tracks[frame["workers"][k]["name"]], begin) for k, _, _ in seen]

    def placed(width: int) -> dict:
        px = width / (end - begin)
        own = NOWHERE | {"orphans@patternTransform": f"scale({1 / px:.5f} {scale / TALL:.5f}) rotate(45)"}
        for i, (_, _, track) in enumerate(seen):
            own[f"lane{i}.end@transform"] = f"translate({track.ended * px:.1f} {TALL / 2:g})"
            for kind, said in told[i].items():
                own |= _places(f"lane{i}.{kind}", said, begin, end, px)
        return own

    tall = TOP - HEAD + max(1, len(seen)) * PITCH + 16 * bool(more)
    return found | by_form(placed) | timeline(frame, points[0][0], points[-1][0], tall)


def _seen(frame: dict, tracks: dict[str, Track]) -> list[tuple[int, dict, Track]]:
    """Who has a lane: place among the workers, worker, and past. Too many are had by leaving out who ended first."""
    team = [(k, worker, tracks[worker["name"]]) for k, worker in enumerate(frame["workers"])]
    latest = sorted(team, key=lambda each: (-each[2].ended, -each[1]["running"], -each[0]))[:LANES]
    return sorted(latest, key=lambda each: each[0])


def _lane(i: int, place: int, worker: dict, track: Track, begin: float, scale: int) -> dict:
    colour, dead = f"w{worker['colour'] % len(WORKER_COLOURS)}", worker["state"] == "dead"
    over = dead or worker["state"] == "gone"
    jobs = track.jobs.since(begin) if track.jobs.complete(begin) else []
    rows = max([scale, *(job.row + 1 for job in jobs)])
    return {
        f"lane{i}@class": f"lane {worker['state']} {colour}" + " haunted" * (dead and worker["running"] > 0),
        f"lane{i}.name": worker["name"],
        f"lane{i}.pid": f"pid {worker['pid']}",
        f"lane{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
        f"lane{i}.shape@class": colour + " hollow" * over,
        f"lane{i}.state": state(worker),
        f"lane{i}.ill": ailing(worker, room=17),
        f"lane{i}.life@d": _bar(track.hired, track.ended, 0, TALL),
        f"lane{i}.held@data-s": str(1 + 3 * place),
        f"lane{i}.runs@data-s": "" if jobs else str(2 + 3 * place),
        f"lane{i}.orphans@data-s": str(3 + 3 * place) if dead else "",
        f"lane{i}.jobs@d": "".join(
            _bar(job.begin, job.end, TALL - TALL * (job.row + 1) / rows, TALL - TALL * job.row / rows) for job in jobs
        ),
        f"lane{i}.frozen@d": "".join(_bar(s.begin, s.end, 0, TALL) for s in _frozen(track, begin)),
        f"lane{i}.ails@d": "".join(
            _bar(s.begin, min(s.end, track.ended), 0, EDGE) for s in track.faults.since(begin) if s.begin < track.ended
        ),
    }


def _bar(begin: float, end: float, top: float, bottom: float) -> str:
    return f"M{begin:g} {top:g}H{end:g}V{bottom:g}H{begin:g}Z" if end > begin else ""


def _frozen(track: Track, begin: float) -> list[Span]:
    return [state for state in track.states.since(begin) if state.name == "frozen"]


def _told(track: Track, begin: float) -> dict[str, dict[int, tuple[float, str]]]:
    """What a lane says and when, by kind and by the number of its node, the latest first: what ailed the worker, and
    how many of its jobs were reaped."""
    ails = sorted([*track.faults.since(begin), *_frozen(track, begin)], key=lambda span: -span.begin)[:WORDS]
    reaps = [(number % WORDS, t, n) for number, t, n in reversed(track.reaps) if t >= begin][:WORDS]
    return {
        "ail": {k: (ail.begin, ail.name) for k, ail in enumerate(ails)},
        "reap": {k: (t, f"{n:,} reaped") for k, t, n in reaps},
    }


def _places(key: str, told: dict[int, tuple[float, str]], begin: float, end: float, px: float) -> dict:
    """Where that is, and what of it has room."""
    labels = [(px * max(t, begin), words + "  ") for t, words in told.values()]
    found = {}
    for k, (x, words), (line, hangs) in zip(told, labels, laid(labels, px * begin, px * end), strict=True):
        found[f"{key}{k}@transform"] = f"translate({x:.1f} 0)"
        found[f"{key}{k}@class"] = key.split(".")[1]
        found[f"{key}{k}.label"] = words.strip() if line is not None else ""
        found[f"{key}{k}.label@class"] = "end" if hangs else ""
    return found


#: A lane that nobody has; and of all lanes that have nothing to say, what they say.
EMPTY = ("name", "pid", "shape@d", "shape@class", "state", "ill", "life@d", "held@data-s", "runs@data-s")
EMPTY += ("orphans@data-s", "jobs@d", "frozen@d", "ails@d")
NO_LANE = [{f"lane{i}@class": "off"} | {f"lane{i}.{key}": "" for key in EMPTY} for i in range(LANES)]
NOTHING_TOLD = {"@transform": "translate(0 0)", "@class": "off", ".label": "", ".label@class": ""}
NOWHERE = {f"lane{i}.end@transform": "translate(0 0)" for i in range(LANES)} | {
    f"lane{i}.{kind}{k}{key}": value
    for i in range(LANES)
    for kind in ("ail", "reap")
    for k in range(WORDS)
    for key, value in NOTHING_TOLD.items()
}
