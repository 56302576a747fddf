"""A picture as an image: the one form of an SVG that every reader of a notebook shows."""

from base64 import b64encode

from jobqueue.printable import escape_html as escape


def as_image(svg: str, alt: str) -> str:
    """An SVG as an HTML image that's as wide as its place, up to its own size.

    JupyterLab takes a bare SVG out of a notebook that it doesn't trust, and leaves its words as a heap of letters.
    """
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
