"""JupyterLab's layout for a first visit: a lesson, and beside it a view of its live picture, as soon as it is shown.

`jobqueue lab` saves it where there is none yet. `python -m jobqueue.lab.workspace FOLDER` prints it, for
`jupyter lab workspaces import`; FOLDER has the notebooks, as JupyterLab, from its root, sees it.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

LESSON = "00-start-here.ipynb"

#: In the first cell that says so, a lesson shows its picture.
SHOWS = "watch("


def workspace(folder: Path, lesson: str = LESSON, *, root: Path = Path(), name: str = "default") -> dict[str, Any]:
    """The layout that opens `lesson` in `folder`, which is seen from JupyterLab's `root`; `name` is the layout's."""
    path = str(folder / lesson)
    index = _shows_at(json.loads((root / folder / lesson).read_text(encoding="utf-8"))["cells"])
    notebook, picture = f"notebook:{path}", f"cloned-outputs:{path}:{index}"
    shown = {notebook: {"path": path, "factory": "Notebook"}, picture: {"path": path, "index": index}}
    areas = [{"type": "tab-area", "currentIndex": 0, "widgets": [name]} for name in shown]
    layout = {
        "main": {
            "current": notebook,
            "dock": {"type": "split-area", "orientation": "horizontal", "sizes": [0.5, 0.5], "children": areas},
        },
    }
    data: dict[str, Any] = {name: {"data": what} for name, what in shown.items()}
    data |= {"layout-restorer:data": layout, "file-browser-filebrowser:cwd": {"path": "/".join(folder.parts)}}
    return {"data": data, "metadata": {"id": name}}


def first_visit(root: Path, lesson: str = LESSON) -> str:
    """The name of a workspace for who has JupyterLab open at `root`, laid out for a first visit unless there was one.

    It is one of its own: what its user has open elsewhere stays as it is.
    """
    from jupyterlab.commands import get_workspaces_dir
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    name = f"jobqueue-{hashlib.sha256(bytes(root)).hexdigest()[:6]}"
    manager = WorkspacesManager(get_workspaces_dir())
    if not any(saved["metadata"]["id"] == name for saved in manager.list_workspaces()):
        manager.save(name, json.dumps(workspace(Path(), lesson, root=root, name=name)))
    return name


def _shows_at(cells: list[dict[str, Any]]) -> int:
    return next(n for n, cell in enumerate(cells) if cell["cell_type"] == "code" and SHOWS in "".join(cell["source"]))


if __name__ == "__main__":
    print(json.dumps(workspace(Path(sys.argv[1])), indent=1))
