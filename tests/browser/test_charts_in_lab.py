"""A chart in a real JupyterLab: drawn without any other machine, in both themes, and saved by its own camera."""

import json
import struct

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

CELL = """\
from jobqueue.lab import charts
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recording import Recording
charts.pel_by_consumer(Recording([WorldFrame(t, pel={"ada": jobs}) for t, jobs in enumerate([1, 8, 0])]))
"""
FINDING = "Never more than 8 jobs pending at once"
INK = "getComputedStyle(document.querySelector('.gtitle tspan tspan')).fill"
WIDTH = "document.querySelector('.js-plotly-plot .main-svg').getBoundingClientRect().width"


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(CELL)], metadata=kernel), lab.folder / "charts.ipynb")
    return "charts.ipynb"


def test_a_chart_is_drawn_in_both_themes_and_saved(page, notebook, tmp_path):
    page.open(notebook)
    page.run_cell(0)
    page.wait_for(f"document.querySelector('.gtitle')?.textContent.includes('{FINDING}')")
    page.wait_idle()
    on_white = page.wait_for(INK)
    page.screenshot("chart-light")
    page.page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for(f"{INK} !== '{on_white}' && !document.querySelector('#jupyterlab-splash')")
    page.screenshot("chart-dark")
    page.page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.wait_for(f"{INK} === '{on_white}' && !document.querySelector('#jupyterlab-splash')")

    width = page.wait_for(WIDTH)
    page.page.set_viewport_size({"width": 900, "height": 1000})
    page.wait_for(f"{WIDTH} > 300 && {WIDTH} < {width}")

    page.page.locator(".js-plotly-plot").hover()
    with page.page.expect_download() as download:
        page.page.locator(".modebar-btn[data-title^='Download']").click()
    picture = tmp_path / download.value.suggested_filename
    download.value.save_as(picture)
    assert picture.name == "never-more-than-8-jobs-pending-at-once-and-none-was-left-by.png"
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    assert height == 2 * 420 and width > 600

    page.command("docmanager:save")
    page.wait_idle()
    [cell] = json.loads((page.lab.folder / notebook).read_text(encoding="utf-8"))["cells"]
    [output] = cell["outputs"]
    kept = {kind: len(json.dumps(data)) for kind, data in output["data"].items()}
    assert kept.keys() <= {"application/vnd.plotly.v1+json", "image/png", "text/plain"}, "nothing that is a script"
    assert sum(kept.values()) < 200_000
