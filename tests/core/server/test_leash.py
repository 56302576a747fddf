"""Nothing on a leash outlives whoever holds it, and nobody else is bitten."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from helpers import eventually, python, running
from jobqueue.server.leash import Leashed

HOLDER = """
    import json, os, signal, threading
    from jobqueue.server.leash import Leashed

    def hold():
        global held  # a thread that ends must not take the process along
        held = Leashed(["sleep", "600"])

    {how}
    print(json.dumps([held.pid, sibling]), flush=True)
    signal.pause()
"""
FROM = {
    "the main thread": "hold(); sibling = None",
    "a thread that has ended": "t = threading.Thread(target=hold); t.start(); t.join(); sibling = None",
    "before a fork that lives on": """hold()
    if (sibling := os.fork()) == 0:
        signal.pause()""",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
@pytest.mark.parametrize("how", FROM.values(), ids=FROM.keys())
def test_kill_9_of_the_parent_ends_it(how, frozen):
    with python(HOLDER.format(how=how)) as parent:
        child, sibling = parent.json()
        eventually(lambda: psutil.Process(child).name() == "sleep")  # before that it is the shell that becomes it
        if frozen:
            os.kill(child, signal.SIGSTOP)
            eventually(lambda: psutil.Process(child).status() == psutil.STATUS_STOPPED)
        parent.kill()
        eventually(lambda: not running(child))
        if sibling:
            os.kill(sibling, signal.SIGKILL)


def test_a_parent_that_just_leaves_ends_it():
    with python(HOLDER.format(how="hold(); print(json.dumps(held.pid), flush=True); raise SystemExit")) as parent:
        child = parent.json()
        parent.wait()
        eventually(lambda: not running(child))


def test_it_is_the_command_itself_with_empty_input_in_a_session_of_its_own():
    say = "import os, sys; print(os.getpid(), os.getsid(0), len(sys.stdin.read()))"
    process = Leashed([sys.executable, "-c", say], stdout=subprocess.PIPE, encoding="utf-8")
    assert process.communicate()[0] == f"{process.pid} {process.pid} 0\n"


@pytest.mark.parametrize("end", [Leashed.terminate, Leashed.kill])
def test_its_watchdog_goes_when_it_ends(end):
    before = psutil.Process().children()
    process = Leashed(["sleep", "600"])
    assert len(psutil.Process().children()) == len(before) + 2
    end(process)
    assert process.wait() < 0
    assert psutil.Process().children() == before


def test_an_end_seen_by_poll_sends_the_watchdog_home_too():
    before = psutil.Process().children()
    process = Leashed(["true"])
    eventually(lambda: process.poll() == 0)
    assert psutil.Process().children() == before


def test_a_start_that_fails_leaves_no_watchdog(tmp_path):
    before = psutil.Process().children()
    with pytest.raises(FileNotFoundError):
        Leashed(["true"], cwd=tmp_path / "missing")
    assert psutil.Process().children() == before


def test_a_command_that_does_not_exist_says_so():
    process = Leashed(["no-such-command"], stderr=subprocess.PIPE, encoding="utf-8")
    _, errors = process.communicate()
    assert (process.returncode, "not found" in errors) == (127, True)
