"""The workers' lanes as markup, for a stored notebook and for a page that moves it."""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.markup import Nodes, outline
from jobqueue.lab.pictures.base.timeline import LEFT
from jobqueue.lab.pictures.base.timeline_still import in_seconds, sliding
from jobqueue.lab.pictures.lanes.values import LANES, PITCH, TALL, TOP, WORDS

CROSS = "M-6-6 6 6M6-6-6 6"
LEAVES = "M0 19V-19"
TAKEN = "M0 0V-11M-4-7 0-11 4-7"  # an arrow out of the lane


def below(nodes: Nodes, points: Sequence[list[float]]) -> str:
    """The part below the marks: names, and each worker's past."""
    past = "".join(_past(nodes, i, points) for i in range(LANES))
    names = "".join(_name(nodes, i) for i in range(LANES))
    return _hatches(nodes) + names + sliding(nodes, in_seconds(nodes, past), clip="past")


def above(nodes: Nodes) -> str:
    """The part above the marks: moments with their words, and each worker's state now."""
    moments = sliding(nodes, "".join(_events(nodes, i) for i in range(LANES)), clip="plot")
    now = "".join(_now(nodes, i) for i in range(LANES))
    return moments + f"<g {nodes.at('right', 'transform')}>{now}</g>" + _more(nodes)


def _lane(nodes: Nodes, i: int, inner: str, x: int = 0) -> str:
    return f'<g {nodes.at(f"lane{i}", "class")}><g transform="translate({x} {TOP + PITCH * i})">{inner}</g></g>'


def _hatches(nodes: Nodes) -> str:
    """Patterns, whose transforms undo the stretch of the areas they fill."""
    return "".join(
        f'<pattern id="{nodes.uid}{name}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'{nodes.at(name, "patternTransform")}><rect class="{css}-a" width="7" height="7"/>'
        f'<rect class="{css}-b" width="3" height="7"/></pattern>'
        for name, css in (("hatch", "ice"), ("orphans", "hatch"))
    )


def _name(nodes: Nodes, i: int) -> str:
    shape = f'<path transform="translate(8 12) scale(1.2)" {nodes.at(f"lane{i}.shape", "d", "class")}/>'
    return _lane(
        nodes, i, shape + nodes.text(f"lane{i}.name", 21, 17, "name") + nodes.text(f"lane{i}.pid", 0, 35, "pid")
    )


def _past(nodes: Nodes, i: int, points: Sequence[list[float]]) -> str:
    """The shapes drawn in seconds: the worker's life; jobs it held, ran and left behind; when it was frozen, or ill."""

    def area(name: str, fill: str = "") -> str:
        d = outline(points, nodes.values[f"lane{i}.{name}@data-s"])
        return f'<path {nodes.at(f"lane{i}.{name}", "data-s")} class="area {name}" d="{d}"{fill}/>'

    held = area("held") + area("runs") + area("orphans", f' fill="url(#{nodes.uid}orphans)"')
    inner = f'<path {nodes.at(f"lane{i}.life", "d")} class="life"/><g {nodes.at("height", "transform")}>{held}</g>'
    inner += f'<path {nodes.at(f"lane{i}.jobs", "d")} class="job"/>'
    inner += f'<path {nodes.at(f"lane{i}.frozen", "d")} fill="url(#{nodes.uid}hatch)"/>'
    return _lane(nodes, i, inner + f'<path {nodes.at(f"lane{i}.ails", "d")} class="ails"/>')


def _events(nodes: Nodes, i: int) -> str:
    """Shapes and words that stand at a moment: the worker's end, what was wrong with it, reaped jobs."""
    ends = f'<path class="halo cross" d="{CROSS}"/><path class="cross" d="{CROSS}"/><path class="leaves" d="{LEAVES}"/>'
    parts = [f"<g {nodes.at(f'lane{i}.end', 'transform')}>{ends}</g>"]
    for kind, y in (("ail", 19), ("reap", TALL - 3)):
        for k in range(WORDS):
            key = f"lane{i}.{kind}{k}"
            arrow = f'<path transform="translate(0 {TALL})" class="taken" d="{TAKEN}"/>' if kind == "reap" else ""
            label = nodes.text(f"{key}.label", "", y, "", "class")
            parts.append(f"<g {nodes.at(key, 'transform', 'class')}>{arrow}{label}</g>")
    return _lane(nodes, i, "".join(parts))


def _now(nodes: Nodes, i: int) -> str:
    below = nodes.text(f"lane{i}.ill", 0, 34, "ill") + nodes.text(f"lane{i}.holds", 0, 34, "quiet")
    return _lane(nodes, i, nodes.text(f"lane{i}.state", 0, 17, "state") + below, 10)


def _more(nodes: Nodes) -> str:
    """The number of jobs that a lane's height stands for, and the number of workers without a lane."""
    scale = (
        nodes.text("scale", LEFT - 7, TOP + 10, "tick end") + f'<text class="tick end" x="{LEFT - 7}" y="{TOP - 8}">'
    )
    return scale + "jobs</text>" + nodes.text("more", 0, TOP + PITCH * LANES + 8, "quiet")
