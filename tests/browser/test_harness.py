"""The harness itself, on a notebook small enough to know what must be seen."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

COUNT = """\
import asyncio, ipywidgets
label, faster = ipywidgets.Label("0"), ipywidgets.Button(description="leap")
faster.on_click(lambda _: setattr(label, "value", "1000000"))

async def count():
    while True:
        label.value = str(int(label.value) + 1)
        await asyncio.sleep(0.02)

task = asyncio.create_task(count())
ipywidgets.HBox([label, faster])
"""
SLEEP = """\
try:
    await asyncio.sleep(600)
except asyncio.CancelledError:
    print("cancelled")
"""
SAY = 'print("a cell ran:", task.done())'

NUMBER = "Number(document.querySelector('.widget-label')?.textContent)"


@pytest.fixture
def notebook(lab):
    cells = [new_code_cell(source) for source in (COUNT, SAY, SLEEP)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # without it JupyterLab asks for one
    nbformat.write(new_notebook(cells=cells, metadata=kernel), lab.folder / "tiny.ipynb")
    return "tiny.ipynb"


def test_what_moves_while_no_cell_runs_is_seen_to_move(page, notebook):
    page.open(notebook)
    page.run_cell(0)
    page.wait_idle()
    seen = page.wait_for(NUMBER)
    page.wait_for(f"seen => {NUMBER} > seen + 10", seen)
    page.page.get_by_role("button", name="leap").click()
    page.wait_for(f"{NUMBER} > 1000000")
    page.screenshot("harness")


def test_a_tab_closed_and_reopened_finds_the_kernel_at_work(page, notebook):
    page.open(notebook)
    page.run_cell(0)
    page.wait_idle()
    page.reopen(notebook)
    page.run_cell(1)
    page.wait_output_text("a cell ran: False")


def test_a_cell_is_interrupted_and_a_kernel_restarted(page, notebook):
    page.open(notebook)
    page.run_all()
    page.wait_output_text("a cell ran: False")
    page.interrupt()
    page.wait_idle()
    page.run_cell(2)
    page.restart()
    page.run_cell(1)
    page.wait_output_text("NameError")
