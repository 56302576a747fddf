"""Give charts in stored notebooks a still: `python tests/stills.py notebooks/*.ipynb`

JupyterLab draws a chart from plotly's own data. GitHub, nbviewer and `nbconvert` don't, so they show the still. Plotly
makes it, in a browser on this machine. Nothing else in a notebook changes, and a chart that has a still keeps it.
"""

import sys

import nbformat
from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs

from jobqueue.lab.charts.png import THEMES, NoPicture, find_browser
from jobqueue.lab.pictures.base.markup import Still, document

CHART = "application/vnd.plotly.v1+json"

WIDTH = 860  # pixels: about a notebook's column, so that letters keep their size

DRAW = "([figure, width, height]) => Plotly.toImage(figure, {format: 'svg', width, height, imageDataOnly: true})"

#: The system's theme decides, as in a live picture's still.
STYLE = """
.jq-chart {{ --jp-ui-font-color0: {}; max-width: 100%; height: auto }} .jq-chart .paper {{ fill: {} }}
@media (prefers-color-scheme: dark) {{ .jq-chart {{ --jp-ui-font-color0: {} }} .jq-chart .paper {{ fill: {} }} }}
""".format(*THEMES[False], *THEMES[True])


def add_stills(notebook: nbformat.NotebookNode) -> int:
    """Add the stills that are missing; returns how many. Raises NoPicture if no browser can make them."""
    bundles = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ())]
    bare = [data for data in bundles if CHART in data and "image/svg+xml" not in data]
    if not bare:
        return 0
    if not (path := find_browser()):
        raise NoPicture("no Chromium, Chrome or Edge was found to make the stills of charts: install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        page = browser.new_page()
        page.add_script_tag(content=get_plotlyjs())
        for data in bare:
            height = data[CHART]["layout"]["height"]
            body = page.evaluate(DRAW, [data[CHART], WIDTH, height])
            still = Still(document(f"0 0 {WIDTH} {height}", "jq-chart", STYLE, {}, body), data["text/plain"])
            data.update({"image/svg+xml": still.svg, "text/html": still.data})
        browser.close()
    return len(bare)


def main(names: list[str]) -> None:
    for name in names:
        notebook = nbformat.read(name, as_version=4)
        if count := add_stills(notebook):
            nbformat.write(notebook, name)
            print(f"{name}: {count} added")


if __name__ == "__main__":
    main(sys.argv[1:])
