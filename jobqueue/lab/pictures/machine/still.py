"""The machine as markup, for a stored notebook and for a page that moves it.

`data-k` names a node for values.py. Tokens are drawn over the rest (tiles.py).
"""

from jobqueue.lab.pictures.base.language import PLACE_SHAPES, TIER_SHAPES, TIERS
from jobqueue.lab.pictures.base.markup import Nodes, Values
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.machine.own import draw_own
from jobqueue.lab.pictures.machine.places import (
    CARD_WIDTH,
    CARDS,
    CURSOR,
    DELAYED,
    DELAYED_AT,
    LETTERS,
    PEL_AT,
    STUB,
    TAPE_HEIGHT,
    TAPE_PITCH,
    TAPES_AT,
)
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.tiles import mould, tiles
from jobqueue.lab.pictures.machine.values import NEWS

HEADS = "waiting, oldest first"
CAPTION = 47  # from a tape's top edge down to the words below it


def still(scene: Scene, values: Values, names: EntryNames, *, wide: bool) -> str:
    """Everything inside a still picture, filled with the values of one layout."""
    nodes, form = Nodes(values), "wide" if wide else "narrow"
    layer = f"<g {nodes.at('jobs', 'class')}>{tiles(scene, form, nodes.uid, names)}</g>"
    return f'<g class="machine">{_picture(nodes)}{layer}{_away(nodes)}</g>'


def body(values: Values) -> str:
    """Everything that a page moves: the panels, a layer for the tokens, a mould to make them from, and buttons."""
    nodes = Nodes(values)
    role = 'role="group" aria-label="jobs: arrow keys go from one to the next" tabindex="0"'
    layers = f'<g class="trails"></g><g {nodes.at("jobs", "class")} {role}></g>'
    hidden = f'<g class="mould off">{mould(nodes.uid)}</g>'
    return f'<g class="machine">{_picture(nodes)}{layers}{hidden}{_away(nodes)}{_buttons(nodes)}</g>'


def _picture(nodes: Nodes) -> str:
    hatch = (
        f'<pattern id="{nodes.uid}hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="hatch-a" width="5" height="5"/>'
        '<rect class="hatch-b" width="2.2" height="5"/></pattern>'
    )
    panels = _head(nodes) + _streams(nodes) + _cards(nodes) + _outcomes(nodes) + draw_own(nodes)
    return f'<g role="img" {nodes.at("picture", "aria-label")}>{hatch}{panels}</g>'


def _head(nodes: Nodes) -> str:
    lines = "".join(nodes.text(f"news{i}", 0, 45 + 19 * i, f"news nth-{i}") for i in range(NEWS))
    stale = '<text class="stale end" y="20">no news: busy, or gone</text>'
    badge = nodes.text("badge", "", 20, "badge end") + stale
    return nodes.text("finding", 0, 20, "", "class") + lines + f"<g {nodes.at('right', 'transform')}>{badge}</g>"


def _streams(nodes: Nodes) -> str:
    parts = [f"<g {nodes.at('redis', 'class')}>"]
    for x, css, word in ((0, "title", "Streams"), (STUB, "quiet", "pending"), (CURSOR + 14, "quiet", HEADS)):
        parts.append(f'<text class="{css}" x="{x}" y="{TAPES_AT - 13}">{word}</text>')
    flow = nodes.text("flow", "", TAPES_AT - 13, "quiet end")
    parts.append(f"<g {nodes.at('right', 'transform')}>{flow}</g>")
    parts += [_tape(nodes, tier, TAPES_AT + TAPE_PITCH * i) for i, tier in enumerate(TIERS)]
    return "".join(parts) + _delayed(nodes) + "</g>"


def _label(glyph: str, css: str, name: str) -> str:
    middle = TAPE_HEIGHT / 2
    return (
        f'<path class="{css}" d="{glyph}" transform="translate(8 {middle}) scale(1.2)"/>'
        f'<text class="name" x="22" y="{middle + 5}">{name}</text>'
    )


def _tape(nodes: Nodes, tier: str, top: float) -> str:
    baseline = TAPE_HEIGHT / 2 + 5
    clock = f'<path class="stroke" d="{PLACE_SHAPES["pending"]}" transform="translate({STUB + 14} {TAPE_HEIGHT / 2})"/>'
    stub = f'<rect class="band" x="{STUB}" width="{CURSOR - STUB}" height="{TAPE_HEIGHT}"/>'
    stub += clock + nodes.text(f"{tier}.pending", STUB + 24, baseline, "")
    right = nodes.text(f"{tier}.more", -8, baseline, "more end") + nodes.text(f"{tier}.state", 0, CAPTION, "end state")
    return (
        f'<g transform="translate(0 {top})" {nodes.at(f"{tier}.tape", "class")}>'
        + _label(TIER_SHAPES[tier], f"glyph {tier}", tier)
        + nodes.text(f"{tier}.waiting", 0, CAPTION, "quiet")
        + f'<rect class="band" x="{CURSOR}" {nodes.at("band", "width")} height="{TAPE_HEIGHT}"/>'
        + f"<g {nodes.at(f'{tier}.stub', 'class')}>{stub}</g>"
        + f'<path class="cursor" d="M{CURSOR}-1V{TAPE_HEIGHT + 1}M{CURSOR - 5}-7H{CURSOR + 5}L{CURSOR}-1Z"/>'
        + nodes.text(f"{tier}.cursor", CURSOR + 10, CAPTION, "quiet")
        + nodes.text(f"{tier}.empty", CURSOR + 12, baseline, "quiet")
        + f"<g {nodes.at('right', 'transform')}>{right}</g></g>"
    )


def _delayed(nodes: Nodes) -> str:
    baseline = TAPE_HEIGHT / 2 + 5
    due = "".join(nodes.text(f"due{i}", "", CAPTION, "mid", "x") for i in range(DELAYED))
    more = nodes.text("delayed.more", -8, baseline, "more end")
    return (
        f'<g class="set" transform="translate(0 {DELAYED_AT})">'
        + _label(PLACE_SHAPES["delayed"], "stroke", "delayed set")
        + nodes.text("delayed", 0, CAPTION, "quiet")
        + f'<rect class="band" x="{STUB}" {nodes.at("set", "width")} height="{TAPE_HEIGHT}"/>'
        + nodes.text("delayed.empty", STUB + 12, baseline, "quiet")
        + f"{due}<g {nodes.at('right', 'transform')}>{more}</g></g>"
    )


def _cards(nodes: Nodes) -> str:
    parts = [f'<text class="title" y="{PEL_AT + 14}">PEL: pending (delivered, not acknowledged)</text>']
    parts.append(f"<g {nodes.at('right', 'transform')}>{nodes.text('lease', '', PEL_AT + 14, 'quiet end')}</g>")
    parts.append(nodes.text("nobody", 0, PEL_AT + 50, "quiet"))
    for i in range(CARDS):
        parts.append(f"<g {nodes.at(f'card{i}', 'class', 'transform')}>")
        parts.append(
            f'<rect {nodes.at(f"card{i}.box", "height")} class="box" x=".5" y=".5" width="{CARD_WIDTH - 1}" rx="4"/>'
        )
        parts.append(f'<path transform="translate(17 20) scale(1.25)" {nodes.at(f"card{i}.shape", "d", "class")}/>')
        parts.append(nodes.text(f"card{i}.name", 32, 25, "name") + nodes.text(f"card{i}.facts", 252, 25, "quiet end"))
        parts.append(nodes.text(f"card{i}.faults", 252, 25, "flag end") + nodes.text(f"card{i}.state", 12, 48, "state"))
        parts.append(nodes.text(f"card{i}.more", CARD_WIDTH - 8, 79, "more end") + "</g>")
    return "".join(parts)


def _outcomes(nodes: Nodes) -> str:
    def count(key: str, *attributes: str) -> str:
        icon = f'<path class="stroke" d="{PLACE_SHAPES[key]}" transform="translate(8 10) scale(1.2)"/>'
        return icon + nodes.text(key, 22, 15, "" if attributes else "count", *attributes)

    letters = count("dead", "class") + '<text class="quiet" x="120" y="15">dead letters, newest first</text>'
    letters += nodes.text("dead.empty", 0, 48, "quiet")
    letters += "".join(nodes.text(f"reason{i}", "", "", "", "x", "y") for i in range(LETTERS))
    return (
        f"<g {nodes.at('outcomes', 'transform')}>{count('done')}{nodes.text('again', 0, 80, 'quiet')}"
        f"<g {nodes.at('letters', 'transform')}>{letters}</g></g>"
    )


def _away(nodes: Nodes) -> str:
    return nodes.text("away", "", DELAYED_AT - 60, "banner mid", "x")


def _buttons(nodes: Nodes) -> str:
    """Outside the group with role=img, which is one flat image: so a keyboard and a screen reader reach them."""
    parts = []
    for i in range(CARDS):
        button = f'<button type="button" {nodes.at(f"kill{i}", "value", "aria-label", "disabled")}>kill -9</button>'
        place = nodes.at(f"button{i}", "class", "transform")
        parts.append(f'<g {place}><foreignObject x="260" y="6" width="68" height="30">{button}</foreignObject></g>')
    return "".join(parts)
