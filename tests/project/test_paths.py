"""A colon in a folder's name, which would end it in PYTHONPATH: a checkout and an adapter work there all the same."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import jobqueue
from jobqueue.lab.interrogate.peer import ADAPTERS, find
from jobqueue.lab.interrogate.stage import Stage

#: With some more that Python's own quoting has to carry.
ODD = "a:b {x} ü'\"\\\udcff"

#: The kit's own adapter for the smallest queue, for this Python.
POPPED = (ADAPTERS / "ask_blpop.py").read_text(encoding="utf-8").replace('REQUIRES = ["redis"]', "")

#: Finds orphans only where the package is the one in the folder HOME, in the notebook's process and in the explorer's.
CHECK = """
import asyncio, sys
sys.path.insert(0, PLACE)
import jobqueue
from jobqueue.lab import check
from jobqueue.lab.solutions.orphans import find_orphans

assert jobqueue.__file__.startswith(HOME)

async def find_here(*args):
    import jobqueue
    return await find_orphans(*args) if jobqueue.__file__.startswith(HOME) else None

async def main():
    verdict = await check.orphans(find_here)
    return 0 if verdict.ok else str(verdict)

raise SystemExit(asyncio.run(main()))
"""


@pytest.fixture
def odd():
    """A folder with an odd name."""
    with tempfile.TemporaryDirectory(prefix=ODD) as folder:
        yield Path(folder)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("place", ["the current folder", "another folder"])
def test_a_checker_imports_the_kit_from_the_folder_that_the_notebook_imports_it_from(odd, tmp_path, place):
    (odd / "jobqueue").symlink_to(Path(jobqueue.__file__).parent)
    there, cwd = ("", odd) if place == "the current folder" else (str(odd), tmp_path)
    program = f"HOME, PLACE = {str(odd)!r}, {there!r}\n{CHECK}"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, timeout=180, cwd=cwd)
    assert ended.returncode == 0, (ended.stdout, ended.stderr)


async def test_an_adapter_is_asked_from_there(odd):
    (odd / "ask_mine.py").write_text(POPPED, encoding="utf-8")
    async with Stage(find(str(odd / "ask_mine.py")), {}) as stage:
        await stage.enqueue([("one",)])
        stage.hire()
        assert await stage.until(lambda: "one" in stage.ran(), 60), stage.last_words()
