"""The strip and the lanes in a real JupyterLab: they move while no cell runs, show a fault, and stay at the end."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

CELLS = [
    "from jobqueue.lab import open_world, steady\nworld = await open_world()",
    "world.strip()",
    "world.lanes()",
    'world.hire(2, concurrency=2)\nworld.load(steady(20), payload={"seconds": 0.5})',
    "await world.until(lambda frame: all(row.running for row in frame.workers))\n"  # an idle worker leaves no orphans
    "world.limit('normal', 5)\nworld.freeze('ben')\nworld.kill('ada')",  # they stay until they've been seen
    "world.thaw('ben')",
    "await world.close()\nworld.still(world.lanes())",
]
STRIP, LANES = (f"document.querySelectorAll('.jq-live')[{i}]?.dataset" for i in (0, 1))


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(source) for source in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), lab.folder / "over-time.ipynb")
    return "over-time.ipynb"


def test_a_kill_and_refusals_are_seen_and_what_was_seen_stays(page, notebook):
    page.open(notebook)
    for cell in range(4):
        page.run_cell(cell)
    page.wait_for(f"+{LANES}?.alive === 2")
    page.wait_idle()
    frames = page.wait_for(f"[+{STRIP}.frames, +{LANES}.frames]")
    page.wait_for(f"([strip, lanes]) => +{STRIP}.frames > strip + 10 && +{LANES}.frames > lanes + 10", frames)
    page.run_cell(4)
    page.wait_for(f"+{LANES}.orphans > 0")
    page.wait_for(f"+{STRIP}.refused > 0")
    page.wait_for("document.body.textContent.includes('normal is full at 5')")
    page.run_cell(5)
    page.wait_for("/[0-9]+ reaped/.test(document.body.textContent)")
    page.screenshot("over-time")
    page.run_cell(6)
    page.wait_for(f"{STRIP}.state === 'stopped' && {LANES}.state === 'stopped'")
    page.wait_for("document.querySelector('.jp-OutputArea img')?.alt.includes('ada dead')")
