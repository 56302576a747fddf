"""Markup for pictures: named nodes, filled from a dict of values; whole SVGs; and SVGs as images."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import count
from typing import TypeAlias

from jobqueue.printable import escape_html as escape

PICTURES = files("jobqueue.lab.pictures")

#: What a picture's nodes hold. A key names a node: `"done"` is its text, `"row3.bar@width"` an attribute (None: the
#: attribute is absent). `wide:` or `narrow:` before a key means: in that layout only. Lengths are in the picture's own
#: units, about one CSS pixel.
Values: TypeAlias = dict[str, str | None]

_serial = count(1)


def in_layout(values: Values, *, wide: bool) -> Values:
    """The values of one of the two layouts."""
    form, other = ("wide:", "narrow:") if wide else ("narrow:", "wide:")
    return {key.removeprefix(form): value for key, value in values.items() if not key.startswith(other)}


class Nodes:
    """Writes nodes that carry their name (`data-k`), filled with `values`."""

    def __init__(self, values: Values):
        self.values = values
        self.uid = f"jq{next(_serial)}-"  # ids are the page's, and a page may show several pictures

    def at(self, key: str, *attributes: str) -> str:
        """A node's name, and these of its attributes."""
        values = {name: self.values[f"{key}@{name}"] for name in attributes}
        return f'data-k="{key}"' + "".join(f' {k}="{escape(v)}"' for k, v in values.items() if v is not None)

    def text(self, key: str, x: float | str, y: float | str, css: str, *attributes: str) -> str:
        """A text node. What is "" is left to `attributes`, or to what surrounds the node."""
        place = "".join(f' {name}="{value}"' for name, value in {"x": x, "y": y, "class": css}.items() if value != "")
        return f"<text {self.at(key, *attributes)}{place}>{escape(self.values[key] or '')}</text>"


def outline(points: Sequence[Sequence[float]], series: int | str | None, draws: str = "area") -> str:
    """A series in seconds and in its own unit, as a path: the `area` below it, a `line`, or `ticks` where it isn't 0.

    On a page, live.js draws it again when a point comes.
    """
    if not points or series in ("", None):
        return ""
    k = int(series or 0)
    if draws == "ticks":
        return "".join(f"M{p[0]:g} 0V1" for p in points if p[k])
    ys = [p[k] if k < len(p) else 0 for p in points]
    last = len(ys) - 1
    turns = (i for i, y in enumerate(ys) if i in (0, last) or not ys[i - 1] == y == ys[i + 1])  # the rest is flat
    line = "L".join(f"{points[i][0]:g} {ys[i]:g}" for i in turns)
    return f"M{line}" if draws == "line" else f"M{points[0][0]:g} 0L{line}L{points[-1][0]:g} 0Z"


def styles(*names: str) -> str:
    """Style sheets, or scripts, as one: by their paths from the folder of all pictures."""
    return "\n".join((PICTURES / name).read_text(encoding="utf-8") for name in names)


def document(view_box: str, css_class: str, css: str, facts: Mapping[str, object], body: str) -> str:
    """A self-contained SVG, as wide and as tall as its view box says. It's one line, as a notebook best keeps it."""
    width, height = view_box.split()[2:]
    data = "".join(f' data-{name}="{value}"' for name, value in facts.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}"{data} width="{width}" height="{height}" '
        f'viewBox="{view_box}"><style>{" ".join(css.split())}</style>'
        f'<rect class="paper" width="{width}" height="{height}"/>{body}</svg>'
    )


class Still:
    """An SVG that needs no kernel, with the same in words. It displays itself, wherever a stored notebook is read.

    As HTML it's an image, as wide as its place, up to its own size: JupyterLab shows neither an SVG nor a style of a
    notebook that it doesn't trust. Other readers show the SVG, and the rest the words.
    """

    def __init__(self, svg: str, words: str):
        self.svg, self.words = svg, words

    @property
    def data(self) -> str:
        """The HTML."""
        from jobqueue.explorer.report.image import as_image  # not above: `jobqueue demo` lacks what the explorer needs

        return as_image(self.svg, self.words)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.data, "image/svg+xml": self.svg, "text/plain": f"picture: {self.words}"}
