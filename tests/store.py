"""Run lessons and store their outputs, as nbval wants them: `python tests/store.py notebooks/03-reaper.ipynb …`

At the pace of CI, with nobody's settings and votes, and without what is new each time and tells nothing. A notebook
with a cell that fails stays as it was. Each chart gets a still (stills.py), which needs Chromium or Chrome. Each cell
also gets its place among slides (`jupyter nbconvert --to slides`), and one that only reveals a vote's answer is folded,
because the answer is in its source. It begins with a comment, because JupyterLab shows the first line of a folded cell.
"""

import re
import runpy
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from jobqueue.lab.charts.png import NoPicture
from stills import add_stills

ROOT = Path(__file__).parents[1]


def slide(cell) -> str:
    """Where a cell stands on slides: a section begins one, other prose is on one below it, and code follows prose."""
    if "vote(" in cell.source:
        return "-"  # folded, but a room votes on it
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    if hidden or "<details>" in cell.source or "open_world(" in cell.source:
        return "skip"  # machinery, hints, imports
    if cell.cell_type == "code":
        return "-"
    return "slide" if re.search(r"^##? ", cell.source, re.MULTILINE) else "subslide"


def run(notebook: nbformat.NotebookNode, path: Path, folder: str, **options: object) -> None:
    """Run a notebook as if it were at `path`. Raises CellExecutionError, CellTimeoutError.

    `folder` is short, because the kernel's sockets are in it.
    """

    class Kernel(AsyncKernelManager):
        def __init__(self, **traits):
            super().__init__(transport="ipc", ip=f"{folder}/s", **traits)

    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, kernel_manager_class=Kernel, resources=resources, **options).execute()


def store(path: Path, folder: str) -> None:
    """Raises what `run` and `add_stills` raise."""
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path, folder, timeout=60, record_timing=False, store_widget_state=False)
    for cell in notebook.cells:
        if re.fullmatch(r"# .*\n\w+\.reveal\(.*\)", cell.source):
            cell.metadata["jupyter"] = {"source_hidden": True}
        cell.metadata["slideshow"] = {"slide_type": slide(cell)}
    add_stills(notebook)
    notebook.metadata["language_info"] = {"name": "python"}  # of whatever version
    nbformat.write(notebook, path)


def main(names: list[str]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="jqs-") as folder:
        runpy.run_path(str(ROOT / "conftest.py"))["isolate"](folder)
        for name in names:
            try:
                store(Path(name), folder)
                print(f"{name}: stored")
            except (CellExecutionError, CellTimeoutError, NoPicture) as error:
                failed += 1
                print(f"{name}: left as it was\n{error}", file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
