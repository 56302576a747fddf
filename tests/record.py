"""Run lessons for real and keep what their world recorded, for the site to play back: `python tests/record.py 03 04 …`

At a learner's pace, a kernel each. The recording, made just before the lesson closes its world, is written to
jobqueue/lab/site/recordings/. A lesson with a cell that fails keeps the recording that it had.
"""

import os
import runpy
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from store import run

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT / "jobqueue" / "lab" / "site" / "recordings"


def record(path: Path, folder: str) -> Path:
    """Raises what `run` raises."""
    target, new = RECORDINGS / f"{path.stem}.json.gz", Path(folder, path.stem)
    notebook = nbformat.read(path, as_version=4)
    [closing] = [place for place, cell in enumerate(notebook.cells) if "await world.close()" in cell.source]
    notebook.cells.insert(closing, nbformat.v4.new_code_cell(f"world.recording().save({str(new)!r})"))
    run(notebook, path, folder, timeout=180)
    RECORDINGS.mkdir(exist_ok=True)
    target.write_bytes(new.read_bytes())
    return target


def main(numbers: list[str]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="jqr-") as folder:
        runpy.run_path(str(ROOT / "conftest.py"))["isolate"](folder)
        os.environ["JOBQUEUE_HASTE"] = "1"
        for number in numbers:
            [path] = (ROOT / "notebooks").glob(f"{number}-*.ipynb")
            try:
                target = record(path, folder)
                print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
            except (CellExecutionError, CellTimeoutError) as error:
                failed += 1
                print(f"{path.name}: not recorded\n{error}", file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
