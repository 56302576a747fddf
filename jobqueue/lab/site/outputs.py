"""A notebook's stored outputs, as a page can show them: live pictures as stills, charts by plotly's own script."""

import json
import re
from typing import Any

from jobqueue.printable import escape_html as escape

WIDGET, CHART, SVG, TEXT = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
)

LIVE = '<p class="jq-live-only">A live picture moves here while the notebook runs.</p>'

#: In place of the scheduler's panel, whose words in a stored notebook begin with PANEL.
PANEL = "The scheduler's panel"
GAMES = '<p class="jq-hero"><a href="play.html">Play the scheduler without a kernel</a></p>'


def for_a_page(output: dict[str, Any]) -> dict[str, Any]:
    """The output, with what only a kernel could show replaced."""
    data = output.get("data", {})
    if CHART in data:
        return output | {"data": {"text/html": _chart(data)}}
    if "text/html" in data:
        output = output | {"data": data | {"text/html": with_pages("".join(data["text/html"]))}}
        data = output["data"]
    if WIDGET in data:
        kept = {kind: value for kind, value in data.items() if kind not in (WIDGET, TEXT)}
        return output | {"data": kept or {"text/html": GAMES if "".join(data[TEXT]).startswith(PANEL) else LIVE}}
    return output


def with_pages(html: str) -> str:
    """HTML in which links to the course's files lead to the site's pages."""
    return re.sub(r'(href="(?!\w+:)[^"#]+)\.(?:md|ipynb)(?=["#])', r"\1.html", html)


def _chart(data: dict[str, Any]) -> str:
    """A place for plotly. Until the script has come, and without it, the finding stands there."""
    figure = json.dumps(data[CHART], separators=(",", ":")).replace("<", "\\u003c")
    finding = "".join(data.get(TEXT, ""))
    height = data[CHART]["layout"].get("height", 420)
    return (
        f'<figure class="jq-chart" style="min-height:{height}px" aria-label="{escape(finding)}">'
        f'<figcaption>{escape(finding)}</figcaption><script type="application/json">{figure}</script></figure>'
    )
