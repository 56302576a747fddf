"""The picture as markup: one SVG, the same for a stored notebook, for the README, and as what the live one moves.

No browser and no widget is needed here. `data-k` names a node for `values.py`, `data-s` a line of the strip.
"""

from jobqueue.lab.live.frame import NOTHING, orphans
from jobqueue.lab.live.language import PLACE_SHAPES, PLACES
from jobqueue.lab.live.markup import Nodes, as_image, document, outline, styles
from jobqueue.lab.live.strip import COLUMN, LANES, MARKS, PLOT, TIMES, point, thinned
from jobqueue.lab.live.values import (
    CARD_HEIGHT,
    CARDS,
    CARDS_A_LINE,
    CLOCK,
    LEASE_AT,
    ROWS,
    WORKERS,
    shaped,
    spoken,
    values,
)


def still(frames: list[dict], *, wide: bool = True, badge: str = "recorded") -> str:
    """A self-contained SVG: the last frame, and the strip of all of them.

    Args:
        frames: as given to `LivePicture.push`, oldest first.
        wide: with the ledger beside the rest; otherwise below it.
        badge: what the corner says of the picture's age.
    """
    last = frames[-1] if frames else NOTHING
    return draw(last, thinned([point(frame) for frame in frames]), wide=wide, badge=badge)


def draw(frame: dict, points: list[list[float]], *, wide: bool = True, badge: str = "") -> str:
    """`still`, of a frame and of what the strip remembers: `values.point` of each frame, oldest first."""
    found = shaped(values(frame, points, badge), wide=wide)
    facts = {"orphans": len(orphans(frame)), "done": frame["done"]}
    css_class = f"jq-live {'wide' if wide else 'narrow'}"
    return document(found["svg@viewBox"], css_class, styles("live.css"), facts, body(found, points))


def image(frames: list[dict], *, wide: bool = True, badge: str = "recorded") -> str:
    """`still` as an HTML image with a text alternative."""
    said = spoken(frames[-1] if frames else NOTHING, [point(frame) for frame in frames])
    return as_image(still(frames, wide=wide, badge=badge), said)


def body(found: dict, points: list[list[float]], *, buttons: bool = False) -> str:
    """The panels. `found` is what `values` says; with `buttons`, each worker's card can be pressed."""
    nodes = Nodes(found)
    at, text = nodes.at, nodes.text
    panels = _headline(at, text) + _strip(at, text, points, nodes.uid) + _ledger(at, text)
    cards = _workers(at, text)
    pressed = _buttons(at) if buttons else ""
    return f'<g role="img" {at("picture", "aria-label")}>{panels}{cards}</g>{pressed}'


def _headline(at, text) -> str:
    found = [text("finding", 0, 20, "finding"), f"<g {at('numbers', 'class')}>"]
    columns = zip(("accepted", *PLACES), " =++++", (0, 132, 262, 352, 444, 572), strict=True)
    for i, (place, sign, x) in enumerate(columns):
        icon = f'<path class="stroke place" d="{PLACE_SHAPES[place]}" transform="translate({x + 5} 79)"/>' if i else ""
        box = at("dead.box", "class") if place == "dead" else ""
        found.append(f'<text class="sign" x="{x - 26}" y="62">{sign}</text>{icon}<g {box}>')
        found.append(text(place, x, 62, "number") + "</g>")
        found.append(f'<text class="label" x="{x + 15 * (i > 0)}" y="83">{place}</text>')
    return "".join(found) + "</g>" + text("check", COLUMN, 62, "", "class")


def _strip(at, text, points, uid: str) -> str:
    left, width = PLOT
    found = ['<g transform="translate(0 104)"><text class="title" x="0" y="14">Where the jobs are, over time</text>']
    found.append(text("badge", COLUMN, 14, "badge end"))
    found.append(f'<text class="stale end" x="{COLUMN}" y="14">no news: busy, or gone</text>')
    found.append(
        f'<pattern id="{uid}hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-a" width="6" height="6"/><rect class="hatch-b" width="2.5" height="6"/></pattern>'
        f'<clipPath id="{uid}clip"><path {at("lane.pending", "transform")} data-s="5" d="{outline(points, 5)}"/>'
        "</clipPath>"
        f'<clipPath id="{uid}plot"><rect x="{left}" width="{width}" height="{sum(LANES["pending"])}"/></clipPath>'
    )
    for lane, (top, height) in LANES.items():
        for share in (0, 1, 2):
            y = top + height - height * share / 2
            found.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y}" y2="{y}"/>')
            found.append(text(f"lane.{lane}.{share}", left - 7, y + 4, "tick end"))
        found.append(f"<g clip-path='url(#{uid}plot)'><g {at(f'lane.{lane}', 'transform')}>")
        for series, name in ((1, "waiting"), (2, "other"), (3, "done")) if lane == "jobs" else ((4, "pending"),):
            found.append(f'<path class="area {name}" data-s="{series}" d="{outline(points, series)}"/>')
        found.append("</g></g>")
    top, height = LANES["pending"]
    found.append(f'<text class="unit end" x="{left - 7}" y="{LANES["jobs"][0] - 10}">jobs</text>')
    found.append(
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="url(#{uid}hatch)" '
        f'clip-path="url(#{uid}clip)"/>'
    )
    for i in range(TIMES):
        found.append(f"<g {at(f'time{i}', 'transform')}>{text(f'time{i}.label', 0, top + height + 18, 'tick mid')}</g>")
    for i in range(MARKS):
        line = f'<line y1="{LANES["jobs"][0] - 5}" y2="{top + height}"/>'
        found.append(
            f"<g {at(f'mark{i}', 'class', 'transform')}>{line}{text(f'mark{i}.label', 0, '', '', 'y', 'class')}</g>"
        )
    for name in ("waiting", "middle", "done", "pending", "orphans"):
        found.append(f"<g {at(f'tip.{name}', 'transform')}>{text(f'tip.{name}.label', '', '', f'tip {name}')}</g>")
    return "".join(found) + "</g>"


def _ledger(at, text) -> str:
    tier, entry, worker, idle, flag = 6, 73, 203, 426, 434  # left edges; idle's right one
    found = [f"<g {at('ledger', 'transform')}>"]
    found.append('<text class="title" x="0" y="14">PEL: delivered, not acknowledged</text>')
    for x, head in ((tier, "tier"), (entry, "entry id"), (worker, "worker"), (CLOCK, "idle")):
        found.append(f'<text class="head" x="{x}" y="38">{head}</text>')
    found.append(text("lease", "", 38, "head mid", "x"))
    for i in range(max(ROWS.values())):
        y = 48 + 22 * i
        css = "rule" if i < ROWS["narrow"] else "rule wide-only"
        found.append(f'<line {at("rule", "x2")} class="{css}" y1="{y + 22}" y2="{y + 22}"/>')
        found.append(f'<g {at(f"row{i}", "class")} transform="translate(0 {y})">')
        found.append(f'<rect {at("wash", "width")} class="wash" height="22"/>')
        found.append(f'<path transform="translate({tier + 5} 11)" {at(f"row{i}.glyph", "d", "class")}/>')
        found.append(text(f"row{i}.tier", tier + 16, 15, "") + text(f"row{i}.entry", entry, 15, "mono"))
        found.append(f'<path transform="translate({worker + 6} 11)" {at(f"row{i}.shape", "d", "class")}/>')
        found.append(text(f"row{i}.worker", worker + 18, 15, ""))
        bar = f'<rect y="6" height="10" {at(f"row{i}.bar", "width", "class")}/>'
        after = text(f"row{i}.idle", idle, 15, "end") + text(f"row{i}.flag", flag, 15, "flag")
        found.append(f"<g {at('clock', 'transform')}>{bar}</g><g {at('after', 'transform')}>{after}</g></g>")
    limit = f'<line {at("limit", "y2")} class="lease" x1="{LEASE_AT}" x2="{LEASE_AT}" y1="44"/>'
    found.append(f"<g {at('clock', 'transform')}>{limit}</g>")
    found.append(text("more", tier, "", "more", "y") + text("empty", tier, 63, "quiet"))
    return "".join(found) + "</g>"


def _card(i: int) -> tuple[float, float]:
    return 216 * (i % CARDS_A_LINE), WORKERS + 26 + CARD_HEIGHT * (i // CARDS_A_LINE)


def _workers(at, text) -> str:
    found = [
        f'<text class="title" x="0" y="{WORKERS + 14}">Workers: one process each</text>',
        text("nobody", 0, WORKERS + 46, "quiet"),
    ]
    for i in range(CARDS):
        x, y = _card(i)
        found.append(f'<g {at(f"card{i}", "class")} transform="translate({x} {y})">')
        found.append('<rect class="box" x=".5" y=".5" width="207" height="77" rx="4"/>')
        found.append(f'<path transform="translate(17 19) scale(1.25)" {at(f"card{i}.shape", "d", "class")}/>')
        found.append(text(f"card{i}.name", 32, 24, "name") + text(f"card{i}.pid", 196, 24, "pid end"))
        found.append(text(f"card{i}.state", 12, 45, "state") + text(f"card{i}.done", 12, 66, "count") + "</g>")
    return "".join(found)


def _buttons(at) -> str:
    """Outside of what role=img makes one flat image, so that a keyboard and a screen reader find them."""
    found = []
    for i in range(CARDS):
        x, y = _card(i)
        button = f'<button type="button" {at(f"kill{i}", "value", "aria-label", "disabled")}>kill -9</button>'
        found.append(
            f'<foreignObject {at(f"button{i}", "class")} x="{x + 136}" y="{y + 48}" width="68" height="30">{button}'
            "</foreignObject>"
        )
    return "".join(found)
