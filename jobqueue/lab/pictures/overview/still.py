"""The overview as markup, for a stored notebook, for the README, and for a page that moves it.

It needs no browser and no widget. `data-k` names a node for values.py, `data-s` a line of the strip.
"""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.language import PLACE_SHAPES
from jobqueue.lab.pictures.base.markup import Nodes, Values, outline
from jobqueue.lab.pictures.overview.ledger import CLOCK, LEASE_AT, ROWS
from jobqueue.lab.pictures.overview.strip import COLUMN, LANES, MARKS, PLOT, TIMES
from jobqueue.lab.pictures.overview.values import CARD_HEIGHT, CARDS, CARDS_A_LINE, WORKERS
from jobqueue.lab.recording.frame import PLACES

#: Over the cards. A browser tab has another.
WORKERS_TITLE = "Workers: one process each"

Points = Sequence[Sequence[float]]


def body(values: Values, points: Points, *, buttons: bool = False) -> str:
    """The panels, filled with the values of one layout. With `buttons`, a page can press a button on each card."""
    nodes = Nodes(values)
    panels = _headline(nodes) + _strip(nodes, points) + _ledger(nodes) + _workers(nodes)
    pressed = _buttons(nodes) if buttons else ""
    return f'<g role="img" {nodes.at("picture", "aria-label")}>{panels}</g>{pressed}'


def _headline(nodes: Nodes) -> str:
    parts = [nodes.text("finding", 0, 20, "finding"), f"<g {nodes.at('numbers', 'class')}>"]
    columns = zip(("accepted", *PLACES), " =++++", (0, 132, 262, 352, 444, 572), strict=True)
    for i, (place, sign, x) in enumerate(columns):
        icon = f'<path class="stroke place" d="{PLACE_SHAPES[place]}" transform="translate({x + 5} 79)"/>' if i else ""
        box = nodes.at("dead.box", "class") if place == "dead" else ""
        parts.append(f'<text class="sign" x="{x - 26}" y="62">{sign}</text>{icon}<g {box}>')
        parts.append(nodes.text(place, x, 62, "number") + "</g>")
        parts.append(f'<text class="label" x="{x + 15 * (i > 0)}" y="83">{place}</text>')
    return "".join(parts) + "</g>" + nodes.text("check", COLUMN, 62, "", "class")


def _strip(nodes: Nodes, points: Points) -> str:
    left, (top, height) = PLOT[0], LANES["pending"]
    parts = ['<text class="title" x="0" y="14">Where the jobs are, over time</text>']
    parts.append(nodes.text("badge", COLUMN, 14, "badge end"))
    parts.append(f'<text class="stale end" x="{COLUMN}" y="14">no news: busy, or gone</text>')
    parts.append(_clips(nodes, points) + "".join(_lane(nodes, lane, points) for lane in LANES))
    parts.append(f'<text class="unit end" x="{left - 7}" y="{LANES["jobs"][0] - 10}">jobs</text>')
    parts.append(
        f'<rect x="{left}" y="{top}" width="{PLOT[1]}" height="{height}" fill="url(#{nodes.uid}hatch)" '
        f'clip-path="url(#{nodes.uid}clip)"/>'
    )
    return f'<g transform="translate(0 104)">{"".join(parts)}{_labels(nodes)}</g>'


def _clips(nodes: Nodes, points: Points) -> str:
    """The hatching of orphans; their area, to which it's clipped; and the plot."""
    uid, (left, width) = nodes.uid, PLOT
    orphans = f'<path {nodes.at("lane.pending", "transform")} data-s="5" d="{outline(points, 5)}"/>'
    return (
        f'<pattern id="{uid}hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-a" width="6" height="6"/><rect class="hatch-b" width="2.5" height="6"/></pattern>'
        f'<clipPath id="{uid}clip">{orphans}</clipPath>'
        f'<clipPath id="{uid}plot"><rect x="{left}" width="{width}" height="{sum(LANES["pending"])}"/></clipPath>'
    )


def _lane(nodes: Nodes, lane: str, points: Points) -> str:
    """A grid and the areas on it."""
    (left, width), (top, height), parts = PLOT, LANES[lane], []
    for share in (0, 1, 2):
        y = top + height - height * share / 2
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y}" y2="{y}"/>')
        parts.append(nodes.text(f"lane.{lane}.{share}", left - 7, y + 4, "tick end"))
    parts.append(f"<g clip-path='url(#{nodes.uid}plot)'><g {nodes.at(f'lane.{lane}', 'transform')}>")
    for series, name in ((1, "waiting"), (2, "other"), (3, "done")) if lane == "jobs" else ((4, "pending"),):
        parts.append(f'<path class="area {name}" data-s="{series}" d="{outline(points, series)}"/>')
    return "".join(parts) + "</g></g>"


def _labels(nodes: Nodes) -> str:
    """Seconds, marks, and the numbers of now."""
    top, height = LANES["pending"]
    parts = []
    for i in range(TIMES):
        label = nodes.text(f"time{i}.label", 0, top + height + 18, "tick mid")
        parts.append(f"<g {nodes.at(f'time{i}', 'transform')}>{label}</g>")
    for i in range(MARKS):
        line = f'<line y1="{LANES["jobs"][0] - 5}" y2="{top + height}"/>'
        label = nodes.text(f"mark{i}.label", 0, "", "", "y", "class")
        parts.append(f"<g {nodes.at(f'mark{i}', 'class', 'transform')}>{line}{label}</g>")
    for name in ("waiting", "middle", "done", "pending", "orphans"):
        label = nodes.text(f"tip.{name}.label", "", "", f"tip {name}")
        parts.append(f"<g {nodes.at(f'tip.{name}', 'transform')}>{label}</g>")
    return "".join(parts)


TIER, ENTRY, WORKER, IDLE, FLAG = 6, 73, 203, 426, 434  # left edges of a row's columns; IDLE is its right one


def _ledger(nodes: Nodes) -> str:
    parts = ['<text class="title" x="0" y="14">PEL: delivered, not acknowledged</text>']
    for x, head in ((TIER, "tier"), (ENTRY, "entry"), (WORKER, "worker"), (CLOCK, "idle")):
        parts.append(f'<text class="head" x="{x}" y="38">{head}</text>')
    parts.append(nodes.text("lease", "", 38, "head mid", "x"))
    parts += [_row(nodes, i) for i in range(max(ROWS.values()))]
    limit = f'<line {nodes.at("limit", "y2")} class="lease" x1="{LEASE_AT}" x2="{LEASE_AT}" y1="44"/>'
    parts.append(f"<g {nodes.at('clock', 'transform')}>{limit}</g>")
    parts.append(nodes.text("more", TIER, "", "more", "y") + nodes.text("empty", TIER, 63, "quiet"))
    return f"<g {nodes.at('ledger', 'transform')}>{''.join(parts)}</g>"


def _row(nodes: Nodes, i: int) -> str:
    y, css = 48 + 22 * i, "rule" if i < ROWS["narrow"] else "rule wide-only"
    bar = f'<rect y="6" height="10" {nodes.at(f"row{i}.bar", "width", "class")}/>'
    after = nodes.text(f"row{i}.idle", IDLE, 15, "end") + nodes.text(f"row{i}.flag", FLAG, 15, "flag")
    return (
        f'<line {nodes.at("rule", "x2")} class="{css}" y1="{y + 22}" y2="{y + 22}"/>'
        f'<g {nodes.at(f"row{i}", "class")} transform="translate(0 {y})">'
        f'<rect {nodes.at("wash", "width")} class="wash" height="22"/>'
        f'<path transform="translate({TIER + 5} 11)" {nodes.at(f"row{i}.glyph", "d", "class")}/>'
        + nodes.text(f"row{i}.tier", TIER + 16, 15, "")
        + nodes.text(f"row{i}.entry", ENTRY, 15, "mono")
        + f'<path transform="translate({WORKER + 6} 11)" {nodes.at(f"row{i}.shape", "d", "class")}/>'
        + nodes.text(f"row{i}.worker", WORKER + 18, 15, "")
        + f"<g {nodes.at('clock', 'transform')}>{bar}</g><g {nodes.at('after', 'transform')}>{after}</g></g>"
    )


def _card(i: int) -> tuple[float, float]:
    return 216 * (i % CARDS_A_LINE), WORKERS + 26 + CARD_HEIGHT * (i // CARDS_A_LINE)


def _workers(nodes: Nodes) -> str:
    text = nodes.text
    parts = [f'<text class="title" x="0" y="{WORKERS + 14}">{WORKERS_TITLE}</text>']
    parts.append(text("nobody", 0, WORKERS + 46, "quiet"))
    for i in range(CARDS):
        x, y = _card(i)
        parts.append(f'<g {nodes.at(f"card{i}", "class")} transform="translate({x} {y})">')
        parts.append('<rect class="box" x=".5" y=".5" width="207" height="77" rx="4"/>')
        parts.append(f'<path transform="translate(17 19) scale(1.25)" {nodes.at(f"card{i}.shape", "d", "class")}/>')
        parts.append(text(f"card{i}.name", 32, 24, "name") + text(f"card{i}.pid", 196, 24, "pid end"))
        parts.append(text(f"card{i}.state", 12, 45, "state") + text(f"card{i}.done", 12, 66, "count") + "</g>")
    return "".join(parts)


def _buttons(nodes: Nodes) -> str:
    """Outside the group with role=img, which is one flat image: so a keyboard and a screen reader reach them."""
    parts = []
    for i in range(CARDS):
        x, y = _card(i)
        button = f'<button type="button" {nodes.at(f"kill{i}", "value", "aria-label", "disabled")}>kill -9</button>'
        parts.append(
            f'<foreignObject {nodes.at(f"button{i}", "class")} x="{x + 136}" y="{y + 48}" width="68" height="30">'
            f"{button}</foreignObject>"
        )
    return "".join(parts)
