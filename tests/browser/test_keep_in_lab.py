"""A piece that passed, kept from a real JupyterLab's notebook, and shown next to its twin in the mini."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

PIECE = """\
CAP = 60

def backoff(attempt, rng):
    return rng.uniform(0, min(CAP, 2**attempt))
"""
CELLS = [PIECE, "from jobqueue.lab import check, keep, side_by_side\nkeep(backoff)", "await check.backoff(backoff)"]
CELLS += ["keep(backoff)", "side_by_side('reap')"]

#: Where the two columns are: [left, top] of each.
PLACES = (
    "[...document.querySelectorAll('.jq-pair > div')].map(e => e.getBoundingClientRect()).map(r => [r.left, r.top])"
)


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=list(map(new_code_cell, CELLS)), metadata=kernel), lab.folder / "own.ipynb")
    return "own.ipynb"


def test_a_learner_keeps_a_piece_and_reads_it_next_to_its_twin(page, notebook, lab):
    own = lab.folder / "my_queue.py"
    page.open(notebook)
    for at in range(len(CELLS)):
        page.run_cell(at)
        if at == 1:
            page.wait_for(
                'document.body.textContent.includes("check.backoff hasn\'t passed yet, so nothing was kept.")'
            )
            assert not own.exists()
    page.wait_for("document.body.textContent.includes('backoff is kept in my_queue.py (6,000 waits')")
    assert "CAP = 60\n\n\ndef backoff" in own.read_text(encoding="utf-8")
    page.page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for(f"(([one, two]) => two && one[0] < two[0] && one[1] == two[1])({PLACES})")
    page.page.locator(".jq-pair").scroll_into_view_if_needed()
    page.screenshot("side-by-side")
    page.page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for(f"(([one, two]) => two && one[0] == two[0] && one[1] < two[1])({PLACES})")
    page.screenshot("side-by-side-narrow")
