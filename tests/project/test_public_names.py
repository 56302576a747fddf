"""Lessons and pages use public names only: those of the package, its floors, and a few folders.

Users copy what they see there. So the rest of the package can move without breaking anyone's code.
"""

import ast
import json
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "notebooks").rglob("*.md")])
PUBLIC = {
    "jobqueue",
    "jobqueue.explorer",
    "jobqueue.lab",
    "jobqueue.lab.interrogate",
    "jobqueue.lab.solutions",
    "jobqueue.server",
}


def private(source):
    """What a source imports from the package by a name that isn't public."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (
                alias.name for alias in node.names if alias.name.startswith("jobqueue.") and alias.name not in PUBLIC
            )
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jobqueue":
            names = import_module(node.module).__all__ if node.module in PUBLIC else []
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name not in names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    plain = "\n".join(source for source in sources if not source.startswith("%%"))
    assert list(private(re.sub(r"^(\s*)[!%]", r"\1# ", plain, flags=re.M))) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_imports_public_names_only(path):
    lines = re.findall(r"^ *((?:from|import) jobqueue\b[^#\n]*)", path.read_text(encoding="utf-8"), re.M)
    assert [name for line in lines for name in private(line)] == []


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_every_public_name_is_there(module):
    for name in import_module(module).__all__:
        exec(f"from {module} import {name}")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from jobqueue import Queue", []),
        ("from jobqueue.queue import Queue", ["jobqueue.queue.Queue"]),
        ("from jobqueue import NoSuchName", ["jobqueue.NoSuchName"]),
        ("def f():\n    import jobqueue.reaper", ["jobqueue.reaper"]),
        ("from jobqueue.lab import check", []),
    ],
)
def test_a_private_import_is_noticed(source, names):
    assert list(private(source)) == names
