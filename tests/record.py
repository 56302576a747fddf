"""Run lessons for real and keep what their world recorded, for the site to play back: `python tests/record.py 03 04 …`

At a learner's pace, a kernel each. The recording, made just before the lesson's last cell, is written to
jobqueue/lab/site/recordings/, and the seconds at which pictures were shown to shown.json next to it. A lesson with a
cell that fails keeps the recording that it had.
"""

import json
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from jobqueue.lab.site.playback import RECORDINGS, picture_of
from store import run

ROOT = Path(__file__).parents[1]
SHOWN = RECORDINGS / "shown.json"


def record(path: Path, folder: str) -> Path:
    """Raises what `run` raises."""
    target, saved, noted = RECORDINGS / f"{path.stem}.json.gz", Path(folder, "saved"), Path(folder, "noted")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = list(_with_notes(notebook.cells, saved, noted))
    run(notebook, path, folder, timeout=180)
    target.write_bytes(saved.read_bytes())
    shown = json.loads(SHOWN.read_text(encoding="utf-8")) | {path.stem: json.loads(noted.read_text(encoding="utf-8"))}
    SHOWN.write_text(json.dumps(shown, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return target


def _with_notes(cells: list[NotebookNode], saved: Path, noted: Path) -> Iterator[NotebookNode]:
    """The cells, with others that note when a picture is shown, and one that saves the recording before the last."""
    yield new_code_cell("_shown = {}")
    for cell in cells[:-1]:
        yield cell
        if verb := picture_of(cell.source):
            yield new_code_cell(f"_shown.setdefault({verb!r}, []).append(world.recorder.now)")
    notes = f"__import__('pathlib').Path({str(noted)!r}).write_text(__import__('json').dumps(_shown))"
    yield new_code_cell(f"world.recording().save({str(saved)!r})\n{notes}")
    yield cells[-1]


def main(numbers: list[str]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="jqr-") as folder:
        runpy.run_path(str(ROOT / "conftest.py"))["isolate"](folder)
        os.environ["JOBQUEUE_HASTE"] = "1"
        for number in numbers:
            [path] = (ROOT / "notebooks").glob(f"{number}*.ipynb")
            try:
                target = record(path, folder)
                print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
            except (CellExecutionError, CellTimeoutError) as error:
                failed += 1
                print(f"{path.name}: not recorded\n{error}", file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
