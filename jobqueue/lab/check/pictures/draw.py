"""Pieces of SVG that the pictures share, in the style of a verdict."""

import textwrap
from collections.abc import Iterable

from jobqueue.explorer.report import svg
from jobqueue.explorer.report.image import as_image
from jobqueue.lab.check.display import STYLE
from jobqueue.printable import escape_html as escape

LINE = 19  # pixels from one line of text to the next


def write(x: float, y: float, words: str, style: str = "") -> str:
    """A line of text."""
    return f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def paragraph(words: str) -> tuple[list[str], int]:
    """Lines at the top of a picture, and where they end."""
    lines = textwrap.wrap(words, 76)
    return [write(12, 20 + LINE * at, line, "soft") for at, line in enumerate(lines)], 15 + LINE * len(lines)


def frame(parts: Iterable[str], height: float, alt: str) -> str:
    """A whole drawing as an image, as wide as a drawn schedule."""
    size = f'width="{svg.WIDE}" height="{height:.0f}"'
    style, paper = f"{svg.STYLE}{STYLE}", '<rect class="paper" width="100%" height="100%"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="jqx answers" {size}>'
    return as_image(f"{opening}{style}{paper}{''.join(parts)}</svg>", alt)


def page(drawn: str, *, good: bool) -> str:
    """HTML that needs nothing else."""
    return f'{svg.STYLE}{STYLE}<div class="jqx jqx-check {"good" if good else "wrong"}">{drawn}</div>'
