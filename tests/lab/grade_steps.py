"""Notebooks to grade, and `jobqueue grade` run on them."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from check.animals import animal


def write_notebook(path, *cells):
    """Write a notebook with these code cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)


def grade(folder, *words, jobs=2, timeout=280):
    """Run `jobqueue grade` on `folder`. Returns the rows of its CSV by learner and exercise."""
    table = folder.with_name("grades.csv")
    command = [sys.executable, "-m", "jobqueue.cli", "grade", folder.name, f"--csv={table}", f"--jobs={jobs}", *words]
    environment = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, encoding="utf-8", timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr
    with Path(table).open(encoding="utf-8", newline="") as file:
        rows = {(row["learner"], row["exercise"]): row for row in csv.DictReader(file)}
    return rows, done.stdout


def cells_of(*paths):
    """Cells that define these animals of the zoo, each under the name of its exercise, and mention its checker."""
    for path in paths:
        checker, function, _ = animal(path)
        yield path.read_text(encoding="utf-8")
        if function.__name__ != checker.piece:
            yield f"{checker.piece} = {function.__name__}"
        yield f"# await check.{checker.name}({checker.piece})"


def expected(path):
    """(result, failure, bug) of an animal."""
    bug = re.search(r"^bug: (\S+)(?: \((F\d\d)\))?$", animal(path)[2], re.M)
    return ("not passed", bug[2] or "", bug[1]) if bug else ("passed", "", "")
