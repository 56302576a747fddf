"""The shared time axis as markup: one part below a plot's content, one part above it."""

from jobqueue.lab.pictures.base.markup import Nodes
from jobqueue.lab.pictures.base.timeline import HEAD, LEFT, MARKS, RIGHT, TIMES


def head(nodes: Nodes) -> str:
    """The title, and the picture's age."""
    stale = f'<text x="{RIGHT}" class="stale end" y="20">no news: busy, or gone</text>'
    badge = nodes.text("badge", RIGHT, 20, "badge end") + stale
    return nodes.text("finding", 0, 20, "finding") + f"<g {nodes.at('right', 'transform')}>{badge}</g>"


def sliding(nodes: Nodes, inner: str, *, clip: str = "") -> str:
    """Content that lies at its moments; clipped to the `past`, or to the `plot`, or not at all."""
    clipped = f' clip-path="url(#{nodes.uid}{clip})"' if clip else ""
    return f"<g{clipped}><g {nodes.at('slide', 'transform')}>{inner}</g></g>"


def in_seconds(nodes: Nodes, inner: str) -> str:
    """Within `sliding`: content drawn in seconds."""
    return f"<g {nodes.at('seconds', 'transform')}>{inner}</g>"


def clips(nodes: Nodes) -> str:
    """Clip paths: `past` ends now, `plot` where the plot does. Both leave room above it, for shapes on its edge."""
    return "".join(
        f'<clipPath id="{nodes.uid}{name}"><rect {nodes.at(name, "width", "height")} x="{LEFT}" y="{HEAD - 14}"/>'
        "</clipPath>"
        for name in ("past", "plot")
    )


def shades(nodes: Nodes) -> str:
    """Below the content: a shade where something lasted."""
    paths = "".join(f'<path {nodes.at(f"mark{i}.shade", "d")} class="shade"/>' for i in range(MARKS))
    return sliding(nodes, in_seconds(nodes, paths), clip="past")


def marks(nodes: Nodes) -> str:
    """Above the content: marks as labelled lines, and the seconds below the plot."""
    lines, labels = [], []
    for i in range(MARKS):
        css = nodes.at(f"mark{i}", "class")
        lines.append(f'<g {css}><line {nodes.at(f"mark{i}.line", "transform", "y2")} y1="{HEAD - 6}"/></g>')
        label = nodes.text(f"mark{i}.label", "", "", "", "class")
        labels.append(f"<g {css}><g {nodes.at(f'mark{i}.place', 'transform')}>{label}</g></g>")
    for i in range(TIMES):
        label = nodes.text(f"time{i}.label", "", "", "tick mid")
        labels.append(f"<g {nodes.at(f'time{i}', 'transform')}>{label}</g>")
    return sliding(nodes, "".join(lines), clip="past") + sliding(nodes, "".join(labels))
