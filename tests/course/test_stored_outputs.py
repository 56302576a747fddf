"""What readers see of a notebook that nobody has run for them: on GitHub, in VS Code, in a JupyterLab without trust."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
WIDGET = "application/vnd.jupyter.widget-view+json"
CHART = "application/vnd.plotly.v1+json"

#: A bare repr, such as <…LanesPicture object at 0x7f…> or Play(children=(…
BARE = re.compile(r"<[\w.]+ object|^\w+\(children=|^<[\w.]+>$", re.MULTILINE)

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")


def bundles(path):
    """The cell and the data of each output."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if "data" in output:
                yield cell, output.data


@each_notebook
def test_each_output_has_words_and_none_is_a_bare_repr(path):
    wordless = [cell.source for cell, data in bundles(path) if not data.get("text/plain", "").strip() and data]
    assert wordless == []
    assert [data["text/plain"] for _, data in bundles(path) if data and BARE.search(data["text/plain"])] == []


@each_notebook
def test_each_picture_has_a_still_that_needs_no_kernel_and_no_trust(path):
    for _, data in bundles(path):
        if data.get("text/plain", "").startswith("picture: "):
            assert data["image/svg+xml"].startswith("<svg") and data["text/html"].startswith("<img alt=")
            assert (WIDGET in data) == data["text/plain"].endswith("run the cell to see it move")


@each_notebook
def test_each_chart_has_a_still_that_needs_no_script(path):
    for cell, data in bundles(path):
        if CHART in data:
            assert "image/svg+xml" in data, f"{cell.source!r}: python tests/stills.py {path.name}"
            assert data["image/svg+xml"].startswith("<svg") and "<script" not in data["image/svg+xml"]
            assert data["text/html"].startswith("<img alt=")


@each_notebook
def test_no_html_holds_a_bare_svg_of_which_jupyterlab_would_leave_a_heap_of_letters(path):
    assert [cell.source for cell, data in bundles(path) if "<svg" in data.get("text/html", "")] == []


@each_notebook
def test_no_outcome_stands_below_a_vote_without_an_answer(path):
    revealed = [data["text/plain"] for cell, data in bundles(path) if ".reveal(" in cell.source]
    assert [words for words in revealed if not words.startswith("Answer first: ")] == []


def test_all_stills_together_stay_small():
    assert sum(path.stat().st_size for path in PATHS) < 6_000_000
