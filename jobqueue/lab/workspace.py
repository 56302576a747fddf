"""JupyterLab's layout for a first visit: a lesson, and beside it a view of its live picture, as soon as it is shown.

`python -m jobqueue.lab.workspace FOLDER` prints it, for `jupyter lab workspaces import`; FOLDER has the notebooks, as
JupyterLab, from its root, sees it.
"""

import json
import sys
from pathlib import Path
from typing import Any

LESSON = "00-start-here.ipynb"

#: In the first cell that says so, a lesson shows its picture.
SHOWS = "watch("


def workspace(folder: Path, lesson: str = LESSON) -> dict[str, Any]:
    """The layout that opens `lesson` in `folder`."""
    path = str(folder / lesson)
    index = _shows_at(json.loads((folder / lesson).read_text())["cells"])
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
    data |= {"layout-restorer:data": layout, "file-browser-filebrowser:cwd": {"path": str(folder)}}
    return {"data": data, "metadata": {"id": "default"}}


def _shows_at(cells: list[dict[str, Any]]) -> int:
    return next(n for n, cell in enumerate(cells) if cell["cell_type"] == "code" and SHOWS in "".join(cell["source"]))


if __name__ == "__main__":
    print(json.dumps(workspace(Path(sys.argv[1])), indent=1))
