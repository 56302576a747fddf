"""What a learner reads below a cell that could not be run: the line, and what to do."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from jupyter_client.manager import KernelManager

import jobqueue.lab.course

CELL = """\
from jobqueue.lab.votes.panel import vote
def ask():
    vote("01-one", "One?", A="one")
ask()
"""
WAIT = """\
from jobqueue.lab.world import World
async with World() as world:
    redis = world.client()
    await world.when(redis.dbsize, -1, seconds=0.1)
"""


def ipython(cell):
    ended = subprocess.run([sys.executable, "-m", "IPython", "--colors=NoColor", "-c", cell], capture_output=True)
    return (ended.stdout + ended.stderr).decode().strip().splitlines()


def test_an_error_of_the_kits_is_told_without_a_traceback_through_the_kit():
    assert ipython(CELL) == [
        "line 4: ask()",
        'line 3: vote("01-one", "One?", A="one")',
        "BadSetting: a vote needs two options or more, and its answer must be one of them, not None",
    ]


def test_a_wait_that_gives_up_is_told_in_one_line_too():
    *_, line, error = ipython(WAIT)
    assert line == "line 4: await world.when(redis.dbsize, -1, seconds=0.1)"
    why = "this didn't happen within 0.1 s; alive now: no worker"
    assert error == f"NotInTime: {why}. Run this scene again, from its first cell"


COURSE = Path(jobqueue.lab.course.__file__).parent
STALE = "NameError: STALE comes from the cell with `STALE = int(world.pace(2) * 1000)`. Run that one first."
CONSUME = "NameError: consume comes from the cell with `async def consume(redis, name):`. Run that one first."


@pytest.mark.parametrize("cell, told", [("print(STALE)", STALE), ("await ask()", CONSUME), ("STALES", "")])
def test_after_a_restart_a_missing_name_leads_to_its_cell(cell, told):
    """In the kernel of a lesson that has just been restarted: no cell has run yet, and so none has imported the kit."""
    env = os.environ | {"PYTHONSTARTUP": str(COURSE / "startup.py"), "JPY_SESSION_NAME": "03-reaper.ipynb"}
    with TemporaryDirectory(prefix="jqk-") as folder:
        manager = KernelManager(transport="ipc", ip=f"{folder}/s")
        manager.start_kernel(cwd=str(COURSE.parents[2] / "notebooks"), env=env)
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(60)
            client.execute_interactive("async def ask():\n    return consume", timeout=20)
            reply = client.execute_interactive(cell, timeout=20, output_hook=lambda message: None)["content"]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    first, *_, last = reply["traceback"]
    if told:
        assert (first, last[: len(told)]) == (f"line 1: {cell}", told)
    else:
        assert len(reply["traceback"]) > 2 and "name 'STALES' is not defined" in last


def test_an_error_of_the_learners_own_keeps_its_traceback():
    assert "Traceback" in "\n".join(ipython("1 / 0"))
