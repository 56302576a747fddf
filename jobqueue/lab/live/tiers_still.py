"""The strip by tier as markup: one SVG, the same for a stored notebook, and as what the live one moves."""

from jobqueue.lab.live.language import TIER_SHAPES, TIERS
from jobqueue.lab.live.markup import Nodes, outline
from jobqueue.lab.live.tiers_values import BEADS, PANELS, REFUSED, SERIES, WATERMARKS
from jobqueue.lab.live.timeline import LEFT
from jobqueue.lab.live.timeline_still import clips, head, in_seconds, marks, shades, sliding

TITLES = {"depth": ("Depth", "", "jobs"), "pel": ("PEL", "", "jobs"), "wait": ("Oldest", "wait", "seconds")}
RUG = 9  # height of a refusal


def body(found: dict, points: list[list[float]]) -> str:
    """The picture. `found` is what `Strip.values` says, of one layout."""
    nodes = Nodes(found)
    panels = "".join(_scale(nodes, panel) for panel in PANELS)
    lines = in_seconds(nodes, "".join(_lines(nodes, panel, points) for panel in PANELS) + _refused(points))
    moving = sliding(nodes, lines, clip="past") + sliding(nodes, _beads(nodes), clip="past")
    inner = clips(nodes) + head(nodes) + shades(nodes) + panels + moving + _watermarks(nodes)
    inner += marks(nodes) + "".join(_tips(nodes, panel) for panel in PANELS)
    refused = nodes.text("refused", 8, PANELS["depth"][0] - 4, "refused")
    inner += f"<g {nodes.at('now', 'transform')}>{refused}</g>"
    return f'<g class="over-time" role="img" tabindex="0" {nodes.at("picture", "aria-label")}>{inner}</g>'


def _scale(nodes: Nodes, panel: str) -> str:
    """A panel's title, and what is as it was until the scale changes."""
    top, tall = PANELS[panel]
    *title, unit = TITLES[panel]
    found = [f'<text class="title" y="{top + 5 + 16 * i}">{words}</text>' for i, words in enumerate(title) if words]
    found.append(f'<text class="unit" y="{top + 5 + 16 * len(found)}">{unit}</text>')
    for share in (0, 1, 2):
        y = top + tall - tall * share / 2
        found.append(f'<line {nodes.at("across", "x2")} class="grid" x1="{LEFT}" y1="{y:g}" y2="{y:g}"/>')
        found.append(nodes.text(f"{panel}.{share}", LEFT - 7, f"{y + 4:g}", "tick end"))
    return "".join(found)


def _lines(nodes: Nodes, panel: str, points: list[list[float]]) -> str:
    """The higher tier's over the lower one's, and thinner, so that both are seen where they are equal."""
    paths = [
        f'<path class="line {tier}" data-s="{k}" data-draws="line" d="{outline(points, k, "line")}"/>'
        for k, tier in reversed(list(zip(SERIES[panel], TIERS, strict=True)))
    ]
    return f"<g {nodes.at(panel, 'transform')}>{''.join(paths)}</g>"


def _refused(points: list[list[float]]) -> str:
    """A tick for each moment in which somebody was refused."""
    ticks = f'<path class="rug" data-s="{REFUSED}" data-draws="ticks" d="{outline(points, REFUSED, "ticks")}"/>'
    return f'<g transform="matrix(1 0 0 {RUG} 0 {PANELS["depth"][0] - RUG - 3})">{ticks}</g>'


def _beads(nodes: Nodes) -> str:
    found = []
    for i in range(BEADS):
        tier = TIERS[i % len(TIERS)]
        inner = "".join(
            f"<g {nodes.at(f'bead{i}.{panel}', 'class', 'transform')}>{_shape(tier)}</g>" for panel in PANELS
        )
        found.append(f"<g {nodes.at(f'bead{i}', 'transform')}>{inner}</g>")
    return "".join(found)


def _shape(tier: str) -> str:
    """A tier's shape; on a halo, because a line passes behind it."""
    d = TIER_SHAPES[tier]
    return f'<path class="halo" d="{d}"/><path class="glyph {tier}" d="{d}"/>'


def _tips(nodes: Nodes, panel: str) -> str:
    found = []
    for tier in TIERS:
        label = nodes.text(f"tip.{panel}.{tier}.label", 22, 4.5, f"tip {tier}")
        glyph = f'<path class="glyph {tier}" transform="translate(13 0)" d="{TIER_SHAPES[tier]}"/>'
        found.append(f"<g {nodes.at(f'tip.{panel}.{tier}', 'transform')}>{glyph}{label}</g>")
    return f"<g {nodes.at('now', 'transform')}>{''.join(found)}</g>"


def _watermarks(nodes: Nodes) -> str:
    """Their labels are above the lines where tiers are full and below those where they open again."""
    found = []
    for which, y in zip(WATERMARKS, (-5, 15), strict=True):
        for tier in TIERS:
            key = f"{which}.{tier}"
            line = f'<line {nodes.at("across", "x2")} class="{which}" x1="{LEFT}"/>'
            label = nodes.text(f"{key}.label", "", y, "", "x")
            found.append(f"<g {nodes.at(key, 'class', 'transform')}>{line}{label}</g>")
    return "".join(found)
