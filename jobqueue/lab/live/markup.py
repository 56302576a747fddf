"""Markup for pictures: named nodes, filled from a dict of values; whole SVGs; and SVGs as images."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from itertools import count
from pathlib import Path

_serial = count(1)


class Nodes:
    """Writes nodes that carry their name (`data-k`), filled from `found`: what `values` of a view says."""

    def __init__(self, found: dict[str, str | None]):
        self.found = found
        self.uid = f"jq{next(_serial)}-"  # ids are the page's, and a page may show several pictures

    def at(self, key: str, *attributes: str) -> str:
        """A node's name, and these of its attributes."""
        said = {name: self.found[f"{key}@{name}"] for name in attributes}
        return f'data-k="{key}"' + "".join(f' {k}="{escape(v)}"' for k, v in said.items() if v is not None)

    def text(self, key: str, x: float | str, y: float | str, css: str, *attributes: str) -> str:
        """A text node; what is "" is left to `attributes`, or to the node's surroundings."""
        place = "".join(f' {name}="{value}"' for name, value in {"x": x, "y": y, "class": css}.items() if value != "")
        return f"<text {self.at(key, *attributes)}{place}>{escape(self.found[key])}</text>"


def outline(points: Sequence[list[float]], series: int | str, draws: str = "area") -> str:
    """A series in seconds and in its own unit, as a path: the `area` below it, a `line`, or `ticks` where it is not 0.

    It is live.js that draws it again when a point comes.
    """
    if not points or series == "":
        return ""
    k = int(series)
    if draws == "ticks":
        return "".join(f"M{p[0]:g} 0V1" for p in points if p[k])
    ys = [p[k] if k < len(p) else 0 for p in points]
    last = len(ys) - 1
    turns = (i for i, y in enumerate(ys) if i in (0, last) or not ys[i - 1] == y == ys[i + 1])  # the rest is flat
    line = "L".join(f"{points[i][0]:g} {ys[i]:g}" for i in turns)
    return f"M{line}" if draws == "line" else f"M{points[0][0]:g} 0L{line}L{points[-1][0]:g} 0Z"


def styles(*names: str) -> str:
    """The style sheets of these names, as one."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)


def document(view_box: str, css_class: str, css: str, facts: dict, body: str) -> str:
    """A self-contained SVG, as wide and as tall as its view box says."""
    width, height = view_box.split()[2:]
    said = "".join(f' data-{name}="{value}"' for name, value in facts.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}"{said} width="{width}" height="{height}" '
        f'viewBox="{view_box}"><style>{css}</style><rect class="paper" width="{width}" height="{height}"/>{body}</svg>'
    )


def as_image(svg: str, alt: str) -> str:
    """An SVG as an HTML image that is as wide as its place, up to its own size.

    This is what to store in a notebook: JupyterLab shows no SVG of a notebook it does not trust, and no style.
    """
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
