"""A real JupyterLab, and a real workshop in another process: a vote that's clicked and a check arrive there."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import eventually
from workshop_steps import results, serving

JOIN = 'from jobqueue.lab import check, join, vote\njoin("{address}")'
ASK = """\
v = vote("03-reaper-dies", "The reaper is killed while it handles a job. At worst, that job…",
         A="runs twice", B="stays pending", C="is in no place", D="is as it was")
v
"""
CHECK = "def pick(heads):\n    return min(heads, key=heads.get)\n\nawait check.pick(pick)"


@pytest.fixture
def workshop(tmp_path):
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def joined(page, lab, workshop):
    """The page of a notebook that has joined the workshop."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(source) for source in (JOIN.format(address=workshop.join), ASK, CHECK)]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), lab.folder / "joined.ipynb")
    page.open("joined.ipynb")
    page.run_cell(0)
    page.wait_output_text("You've joined the workshop")
    page.run_cell(1)
    return page


def test_a_clicked_vote_and_a_check_arrive_at_the_workshop(joined, workshop):
    joined.page.get_by_role("button", name="stays pending").click()
    [asked] = eventually(lambda: results(workshop)["votes"])
    assert (asked["vote"], asked["before"]["counts"]) == ("03-reaper-dies", [0, 1, 0, 0])
    joined.run_cell(2)
    joined.wait_output_text("check.pick")
    [checked] = eventually(lambda: results(workshop)["exercises"])
    assert checked["exercise"] == "pick"
    joined.screenshot("joined")


def test_a_workshop_that_is_gone_costs_one_note(joined, workshop):
    workshop.kill()
    joined.page.get_by_role("button", name="stays pending").click()
    joined.run_cell(2)
    joined.wait_output_text("The workshop doesn't answer. Go on")
    joined.wait_output_text("check.pick")
    joined.screenshot("workshop-gone")
