"""The still of a chart, as a reader gets it whose page runs no script."""

import json

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from browser.conftest import elsewhere
from jobqueue.lab import charts
from stills import CHART, WIDTH, add_stills
from tables import killed

SHOWN = "image => [image.complete, image.naturalWidth, image.naturalHeight]"


def test_a_chart_without_scripts_is_an_image_whose_title_is_its_finding(new_context, tmp_path):
    figure = charts.executions(killed())
    data = {CHART: json.loads(figure.to_json()), "text/plain": figure.finding}
    notebook = new_notebook(cells=[new_code_cell("chart", outputs=[new_output("display_data", data)])])
    assert elsewhere(add_stills, notebook) == 1

    page_path = tmp_path / "page.html"
    page_path.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    page = new_context(java_script_enabled=False).new_page()
    page.goto(page_path.as_uri())
    image = page.get_by_alt_text(figure.finding)
    assert image.evaluate(SHOWN) == [True, WIDTH, figure.layout.height]

    [output] = notebook.cells[0].outputs
    svg = output.data["image/svg+xml"]
    for word in (*figure.finding.split(), "ada"):
        assert word in svg
    before = output.data.copy()
    assert add_stills(notebook) == 0 and output.data == before
