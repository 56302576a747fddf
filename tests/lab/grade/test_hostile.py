"""Endless and hostile notebooks: each gets a row that says why it stopped, and nothing that it started is left."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from check.animals import ZOO
from grade_steps import cells_of, grade, write_notebook
from helpers import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # several of them take all the time that they're given

#: In the command line of each process that a notebook here leaves running, so that we know it again.
MARK = "sleep 86413"

CASES = {
    "endless": ("while True:\n    pass", "cell 1: it took longer than 12 s"),
    "endless_await": ("import asyncio\nawait asyncio.Event().wait()", "cell 1: it took longer than 12 s"),
    "asks": ("input()", ""),
    "exits": ("import sys\nsys.exit(1)", ""),
    "shouts": ("for _ in range(1_000):\n    print('x' * 100_000)", ""),
    "greedy": ("hoard = []\nwhile True:\n    hoard.append(b'x' * 10**9)", "cell 1: it took more than 2 GB of memory"),
    "greedier": ("hoard = b'x' * 10**11", ""),
    "fork_bomb": ("import os\nwhile True:\n    os.fork()", "cell 1: it "),
    "shell_bomb": (
        "import subprocess\nsubprocess.run(['sh', '-c', 'f() { f & f & wait; }; f'])",
        "cell 1: it ",
    ),
    "daemon": (
        f"import os, subprocess\nfor _ in range(5):\n    subprocess.Popen('setsid {MARK} &', shell=True)",
        "",
    ),
    "parricide": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "it ended the process that ran it"),
    "filler": ("import os\nwith open('big', 'wb') as file:\n    os.posix_fallocate(file.fileno(), 0, 10**9)", ""),
}

RIGHT = ZOO / "pick" / "right_deadlines.py"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Each case, followed by a right answer."""
    folder = tmp_path_factory.mktemp("hostile") / "submitted"
    for name, (cell, _) in CASES.items():
        daemon = [f"subprocess.Popen(['setsid', *{MARK.split()}])"] if name == "daemon" else []
        write_notebook(folder / f"{name}.ipynb", cell, *daemon, *cells_of(RIGHT))
    before = set(Path(tempfile.gettempdir()).glob("jqg-*"))
    rows, _ = grade(folder, "--seconds=36", timeout=580)
    return rows, left_running(), set(Path(tempfile.gettempdir()).glob("jqg-*")) - before


def left_running():
    """The processes that a notebook here started, and that still run."""
    return [one.pid for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == MARK.split()]


@pytest.mark.parametrize("name", CASES)
def test_a_notebook_that_cannot_go_on_is_stopped_and_any_other_is_graded(graded, name):
    error, row = CASES[name][1], graded[0][name, "pick"]
    assert row["result"] == ("not run" if error else "passed"), row
    assert row["error"].startswith(error)


def test_no_process_and_no_file_is_left(graded):
    assert graded[1:] == ([], set())


def test_ctrl_c_ends_everything(tmp_path):
    endless = f"import subprocess\nsubprocess.Popen(['setsid', *{MARK.split()}]).wait()"
    write_notebook(tmp_path / "submitted" / "endless.ipynb", endless, *cells_of(RIGHT))
    with subprocess.Popen([sys.executable, "-m", "jobqueue.cli", "grade", "submitted"], cwd=tmp_path) as grading:
        try:
            eventually(left_running)
            grading.send_signal(signal.SIGINT)
            assert grading.wait(60) == 130
        finally:
            grading.kill()
    assert left_running() == []
