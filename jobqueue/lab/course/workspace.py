"""JupyterLab's layout for a first visit: a lesson, and next to it a view of its live picture, as soon as it's shown.

`jobqueue lab` saves it if there's none yet. `python -m jobqueue.lab.course.workspace FOLDER` prints it for
`jupyter lab workspaces import`. FOLDER is the notebooks' folder, seen from JupyterLab's root.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

LESSON = "00-start-here.ipynb"

#: A lesson shows its picture in the first cell with this text.
SHOWS = "watch("


def workspace(folder: Path, lesson: str = LESSON, *, root: Path = Path(), name: str = "default") -> dict[str, Any]:
    """The layout that opens `lesson` in `folder`, seen from JupyterLab's `root`. `name` is the layout's own."""
    path = str(folder / lesson)
    index = _picture_cell(json.loads((root / folder / lesson).read_text(encoding="utf-8"))["cells"])
    notebook, picture = f"notebook:{path}", f"cloned-outputs:{path}:{index}"
    widgets = {notebook: {"path": path, "factory": "Notebook"}, picture: {"path": path, "index": index}}
    areas = [{"type": "tab-area", "currentIndex": 0, "widgets": [name]} for name in widgets]
    layout = {
        "main": {
            "current": notebook,
            "dock": {"type": "split-area", "orientation": "horizontal", "sizes": [0.5, 0.5], "children": areas},
        },
    }
    data: dict[str, Any] = {name: {"data": widget} for name, widget in widgets.items()}
    data |= {"layout-restorer:data": layout, "file-browser-filebrowser:cwd": {"path": "/".join(folder.parts)}}
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
        manager.save(name, json.dumps(workspace(Path(), lesson, root=root, name=name)))
    return name


def _picture_cell(cells: list[dict[str, Any]]) -> int:
    return next(n for n, cell in enumerate(cells) if cell["cell_type"] == "code" and SHOWS in "".join(cell["source"]))


if __name__ == "__main__":
    print(json.dumps(workspace(Path(sys.argv[1])), indent=1))
