"""The strip by tier as markup, for a stored notebook and for a page that moves it."""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.language import TIER_SHAPES, TIERS
from jobqueue.lab.pictures.base.markup import Nodes, outline
from jobqueue.lab.pictures.base.timeline import LEFT
from jobqueue.lab.pictures.base.timeline_still import in_seconds, sliding
from jobqueue.lab.pictures.tiers.values import BEADS, PANELS, REFUSED, SERIES, WATERMARKS

TITLES = {"depth": ("Depth", "", "jobs"), "pel": ("PEL", "", "jobs"), "wait": ("Oldest", "wait", "seconds")}
RUG = 9  # height of a refusal


def below(nodes: Nodes, points: Sequence[list[float]]) -> str:
    """The part below the marks: scales, lines and beads."""
    panels = "".join(_scale(nodes, panel) for panel in PANELS)
    lines = in_seconds(nodes, "".join(_lines(nodes, panel, points) for panel in PANELS) + _refused(points))
    moving = sliding(nodes, lines, clip="past") + sliding(nodes, _beads(nodes), clip="past")
    return panels + moving + _watermarks(nodes)


def above(nodes: Nodes) -> str:
    """The part above the marks: the numbers of now."""
    refused = nodes.text("refused", 8, PANELS["depth"][0] - 4, "refused")
    tips = "".join(_tips(nodes, panel) for panel in PANELS)
    return tips + f"<g {nodes.at('now', 'transform')}>{refused}</g>"


def _scale(nodes: Nodes, panel: str) -> str:
    """A panel's title and grid. They stand still until the scale changes."""
    top, tall = PANELS[panel]
    *title, unit = TITLES[panel]
    parts = [f'<text class="title" y="{top + 5 + 16 * i}">{words}</text>' for i, words in enumerate(title) if words]
    parts.append(f'<text class="unit" y="{top + 5 + 16 * len(parts)}">{unit}</text>')
    for share in (0, 1, 2):
        y = top + tall - tall * share / 2
        parts.append(f'<line {nodes.at("across", "x2")} class="grid" x1="{LEFT}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(nodes.text(f"{panel}.{share}", LEFT - 7, f"{y + 4:g}", "tick end"))
    return "".join(parts)


def _lines(nodes: Nodes, panel: str, points: Sequence[list[float]]) -> str:
    """One line per tier. The higher tier's is on top and thinner, so both can be seen where they're equal."""
    paths = [
        f'<path class="line {tier}" data-s="{k}" data-draws="line" d="{outline(points, k, "line")}"/>'
        for k, tier in reversed(list(zip(SERIES[panel], TIERS, strict=True)))
    ]
    return f"<g {nodes.at(panel, 'transform')}>{''.join(paths)}</g>"


def _refused(points: Sequence[list[float]]) -> str:
    """A tick for each moment in which a job was refused."""
    ticks = f'<path class="rug" data-s="{REFUSED}" data-draws="ticks" d="{outline(points, REFUSED, "ticks")}"/>'
    return f'<g transform="matrix(1 0 0 {RUG} 0 {PANELS["depth"][0] - RUG - 3})">{ticks}</g>'


def _beads(nodes: Nodes) -> str:
    parts = []
    for i in range(BEADS):
        tier = TIERS[i % len(TIERS)]
        inner = "".join(
            f"<g {nodes.at(f'bead{i}.{panel}', 'class', 'transform')}>{_shape(tier)}</g>" for panel in PANELS
        )
        parts.append(f"<g {nodes.at(f'bead{i}', 'transform')}>{inner}</g>")
    return "".join(parts)


def _shape(tier: str) -> str:
    """A tier's shape, on a halo because a line passes behind it."""
    d = TIER_SHAPES[tier]
    return f'<path class="halo" d="{d}"/><path class="glyph {tier}" d="{d}"/>'


def _tips(nodes: Nodes, panel: str) -> str:
    parts = []
    for tier in TIERS:
        label = nodes.text(f"tip.{panel}.{tier}.label", 22, 4.5, f"tip {tier}")
        glyph = f'<path class="glyph {tier}" transform="translate(13 0)" d="{TIER_SHAPES[tier]}"/>'
        parts.append(f"<g {nodes.at(f'tip.{panel}.{tier}', 'transform')}>{glyph}{label}</g>")
    return f"<g {nodes.at('now', 'transform')}>{''.join(parts)}</g>"


def _watermarks(nodes: Nodes) -> str:
    """Lines with labels: above the line at which a tier is full, below the line at which it opens again."""
    parts = []
    for which, y in zip(WATERMARKS, (-5, 15), strict=True):
        for tier in TIERS:
            key = f"{which}.{tier}"
            line = f'<line {nodes.at("across", "x2")} class="{which}" x1="{LEFT}"/>'
            label = nodes.text(f"{key}.label", "", y, "", "x")
            parts.append(f"<g {nodes.at(key, 'class', 'transform')}>{line}{label}</g>")
    return "".join(parts)
