"""What a learner reads below a cell that could not be run: the line, and what to do."""

import subprocess
import sys

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
    assert error == "NotInTime: this didn't happen within 0.1 s; alive now: no worker"


def test_an_error_of_the_learners_own_keeps_its_traceback():
    assert "Traceback" in "\n".join(ipython("1 / 0"))
