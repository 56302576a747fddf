"""The names that lessons use are few, and each has one home."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import jobqueue.lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

#: Where else a lesson may import from: what it measures, the solutions, and the package's own source that it shows.
OWN = r"jobqueue(\.\w+)?|jobqueue\.explorer\.\w+|jobqueue\.lab\.(chaos|(experiments|solutions|interrogate|course)\b.*)"


@pytest.mark.parametrize("name", jobqueue.lab.__all__)
def test_each_name_of_the_lab_is_there(name):
    assert getattr(__import__("jobqueue.lab", fromlist=[name]), name)


def test_a_name_that_is_not_there_is_said_so():
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from jobqueue.lab import nothing  # noqa: F401


def test_a_worker_of_the_lab_loads_no_picture():
    loaded = "import sys, jobqueue.lab.fleet.process; print({*sys.argv[1:]} & {*sys.modules})"
    command = [sys.executable, "-c", loaded, "pandas", "plotly", "ipywidgets", "anywidget"]
    assert subprocess.run(command, capture_output=True, encoding="utf-8").stdout == "set()\n"


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: str(path.relative_to(NOTEBOOKS)))
def test_a_lesson_imports_from_the_lab_by_public_names(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    imports = re.findall(r"^\s*from (jobqueue[\w.]*) import ([\w, ]+)", "\n".join(cells), re.MULTILINE)
    names = {name.strip() for module, names in imports if module == "jobqueue.lab" for name in names.split(",")}
    assert names <= set(jobqueue.lab.__all__)
    assert {module for module, _ in imports if module != "jobqueue.lab" and not re.fullmatch(OWN, module)} == set()
