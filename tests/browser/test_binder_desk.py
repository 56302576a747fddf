"""Binder's first page: the lesson, and at its right a live picture, as soon as the lesson shows it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from browser.conftest import running_lab

ROOT = Path(__file__).parents[2]
AT_THE_RIGHT = "document.querySelector('.jupyterlab-sidecar .jq-live')?.dataset.frames > 0"


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab as Binder starts it, after Binder's build step, as far as it concerns JupyterLab."""
    for name in ("notebooks", "binder", "jobqueue"):
        shutil.copytree(ROOT / name, tmp_path / name)
    options = {"cwd": tmp_path, "env": os.environ | {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces")}}
    layout = subprocess.run(
        [sys.executable, "-m", "jobqueue.lab.course.workspace", "jobqueue-notebooks"], stdout=subprocess.PIPE, **options
    )
    (tmp_path / "layout.json").write_bytes(layout.stdout)
    lab = [sys.executable, "-m", "jupyterlab"]
    subprocess.run([*lab, "workspaces", "import", "layout.json"], check=True, capture_output=True, **options)
    flags = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True"]
    with running_lab(["binder/start", *lab, *flags], tmp_path, cwd=tmp_path) as lab:
        yield lab


def test_the_first_page_is_the_lesson_and_the_picture_at_its_right_is_live(page, lab):
    page.page.goto(f"{lab.url}?token={lab.token}")  # no notebook is named: it is the layout that opens one
    page.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    page.wait_for("() => jupyterapp.shell.currentWidget?.title.label === '00-start-here.ipynb'")
    page.wait_idle()
    cells = json.loads((lab.root / "jobqueue-notebooks" / "00-start-here.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for word in ("open_world(", "watch("):
        page.run_cell(next(index for index, source in enumerate(sources) if word in source))
        page.wait_idle()
    page.wait_for(AT_THE_RIGHT)
    page.screenshot("binder-first-page")
