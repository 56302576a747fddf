"""JupyterLab's layout for a first visit: the first lesson, and no file browser, so that its picture has room.

`jobqueue lab` saves it if there's none yet. `python -m jobqueue.lab.course.workspace FOLDER`, for Binder, puts the
notebooks into FOLDER, seen from JupyterLab's root, and prints the layout for `jupyter lab workspaces import`.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from jobqueue.lab.course.shelf import course, lay_out

LESSON = "00-start-here.ipynb"


def workspace(folder: Path, lesson: str = LESSON, *, name: str = "default") -> dict[str, Any]:
    """The layout that opens `lesson` in `folder`, seen from JupyterLab's root. `name` is the layout's own."""
    path = str(folder / lesson)
    notebook = f"notebook:{path}"
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": [notebook]}
    data = {
        notebook: {"data": {"path": path, "factory": "Notebook"}},
        "layout-restorer:data": {"main": {"current": notebook, "dock": dock}},
        "file-browser-filebrowser:cwd": {"path": "/".join(folder.parts)},
    }
    return {"data": data, "metadata": {"id": name}}


def first_visit(root: Path, lesson: str = LESSON) -> str:
    """The name of a workspace for JupyterLab at `root`, laid out for a first visit unless it exists already.

    It's a workspace of its own, so the user's other layouts stay as they are.
    """
    from jupyterlab.commands import get_workspaces_dir
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    name = f"jobqueue-{hashlib.sha256(bytes(root)).hexdigest()[:6]}"
    manager = WorkspacesManager(get_workspaces_dir())
    if not any(saved["metadata"]["id"] == name for saved in manager.list_workspaces()):
        manager.save(name, json.dumps(workspace(Path(), lesson, name=name)))
    return name


if __name__ == "__main__":
    own = Path(sys.argv[1])
    lay_out(own, course())
    print(json.dumps(workspace(own), indent=1))
