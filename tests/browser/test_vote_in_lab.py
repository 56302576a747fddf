"""A vote in a real JupyterLab: by mouse, by keyboard, and after everything was forgotten but the file."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import eventually

ASK = """\
from jobqueue.lab.votes.panel import vote
v = vote("02-orphans", "A worker was killed with `kill -9`. What becomes of the jobs in its hands?",
         A="They are lost: the worker took them out of the queue.",
         B="Redis sees the connection close, and puts them back at once.",
         C="They stay on the ledger, `XPENDING`, under the dead worker's name, until somebody takes them away.",
         D="They fail with an error, which whoever enqueued them can see.", answer="C")
v
"""
REVEAL = 'v.reveal("they stayed on the ledger, under ada\'s name")'
CHOSEN = "document.querySelector('.jq-vote')?.dataset.chosen"


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(source) for source in (ASK, REVEAL)]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), lab.folder / "vote.ipynb")
    return "vote.ipynb"


def answers(lab):
    return [
        each["chose"]
        for each in json.loads((lab.folder / "votes.json").read_text(encoding="utf-8"))["votes"]["02-orphans"][
            "answers"
        ]
    ]


def test_a_vote_by_mouse_and_by_keyboard_is_kept_and_held_against_what_happened(page, lab, notebook):
    page.open(notebook)
    page.run_cell(0)
    page.page.get_by_role("button", name="They are lost").click()
    eventually(lambda: (lab.folder / "votes.json").exists() and answers(lab) == ["A"])
    page.wait_for("document.querySelector('.jq-vote .note')?.textContent.startsWith('kept in votes.json')")
    for press, letter in (("Tab", "A"), ("Space", "B"), ("Tab", "B"), ("Enter", "C"), ("d", "D"), ("d", "D")):
        page.page.keyboard.press(press)
        page.wait_for(f"{CHOSEN} === '{letter}'")
        eventually(lambda letter=letter: answers(lab)[-1] == letter)
    assert answers(lab) == ["A", "B", "C", "D"]
    page.page.get_by_role("button", name="They fail").click()
    for key in "dd":  # within the second that JupyterLab waits for the other d
        page.page.keyboard.press(key)
    assert page.page.locator(".jp-CodeCell").count() == 2  # no key reached JupyterLab: "d d" deletes a cell
    page.restart()
    page.run_cell(0)
    page.wait_for(f"{CHOSEN} === 'D'")
    assert "it did" not in page.page.locator(".jq-vote").inner_text()
    page.run_cell(1)
    page.wait_output_text("you said A, then B, then C, then D")
    page.wait_for("document.querySelector('.jq-vote .right')?.textContent.endsWith('it did')")
    page.screenshot("vote")
