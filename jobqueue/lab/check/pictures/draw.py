"""Pieces of SVG that the pictures share, in the style of a verdict."""

from collections.abc import Iterable

from jobqueue.explorer.report import svg
from jobqueue.lab.check.display import STYLE
from jobqueue.printable import escape_html as escape


def write(x: float, y: float, words: str, style: str = "") -> str:
    """A line of text."""
    return f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def frame(parts: Iterable[str], width: int, height: float, label: str) -> str:
    """A whole drawing."""
    size = f'width="{width}" height="{height:.0f}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">'
    return f"{opening}{''.join(parts)}</svg>"


def page(drawn: str, *, good: bool) -> str:
    """HTML that needs nothing else."""
    return f'{svg.STYLE}{STYLE}<div class="jqx jqx-check answers {"good" if good else "wrong"}">{drawn}</div>'
