"""A learner in a clone: they run, save and reset a lesson, and git sees no change."""

import json
import sys

import pytest

from browser.conftest import running_lab
from clone import git, jobqueue, make_clone
from helpers import eventually

LESSON = "00-start-here.ipynb"
PICTURE = "document.querySelector('.jupyterlab-sidecar .jq-live')"


@pytest.fixture
def clone(tmp_path):
    return make_clone(tmp_path / "clone")


@pytest.fixture
def lab(clone, tmp_path):
    """`jobqueue lab` of that clone."""
    command = [sys.executable, "-m", "jobqueue.cli", "lab", "--no-browser", "--LabApp.expose_app_in_browser=True"]
    with running_lab(command, tmp_path, cwd=clone, env={"PYTHONPATH": str(clone)}) as lab:
        lab.folder = clone / "jobqueue-notebooks"
        yield lab


def test_a_lesson_run_and_saved_leaves_git_nothing_to_say_and_reset_puts_it_back(page, lab, clone):
    shipped, own = clone / "notebooks" / LESSON, lab.folder / LESSON
    sources = [cell["source"] for cell in json.loads(own.read_text(encoding="utf-8"))["cells"] if "outputs" in cell]
    page.open(LESSON)
    for word in ("open_world(", "enqueue_library", "world.watch"):
        page.run_cell(next(at for at, source in enumerate(sources) if word in "".join(source)))
        page.wait_idle()
    page.wait_for(f"+{PICTURE}?.dataset.frames > 3")
    page.command("docmanager:save")
    page.wait_idle()
    eventually(lambda: own.read_bytes() != shipped.read_bytes())
    assert git(clone, "status", "--porcelain") == ""
    ran, ended = own.read_bytes(), jobqueue(clone, "reset", "00", cwd=clone)
    assert "Your version is now 00-start-here.mine.ipynb" in ended.stdout
    assert (own.read_bytes(), own.with_name("00-start-here.mine.ipynb").read_bytes()) == (shipped.read_bytes(), ran)
    page.command("docmanager:reload")
    page.wait_for("!document.querySelector('.jp-Notebook .jq-aside')")  # a stored output, and no widget
    assert git(clone, "status", "--porcelain") == ""
