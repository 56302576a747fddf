"""A sandbox leaves nothing behind: the next one removes the servers and folders of owners that have died."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import psutil
import pytest
import redis
from calls import call

from helpers import eventually, python, running
from jobqueue import sandbox as module
from jobqueue.sandbox import sweep
from jobqueue.server.claim import LOCK, Claim

OWNER = """
    import json, signal, threading
    from jobqueue.sandbox import Sandbox

    sandbox = Sandbox()
    {start}
    print(json.dumps([sandbox.process.pid, str(sandbox.folder)]), flush=True)
    signal.pause()
"""
THREAD = "t = threading.Thread(target=sandbox.start); t.start(); t.join()"


@pytest.mark.parametrize("start", ["sandbox.start()", THREAD], ids=["main thread", "other thread"])
def test_kill_9_of_its_owner_ends_it_and_the_next_sandbox_sweeps_the_rest(make_sandbox, start):
    with python(OWNER.format(start=start)) as owner:
        server, folder = owner.json()
        owner.kill()
        owner.wait()
        eventually(lambda: not running(server))
        assert Path(folder).exists()
    make_sandbox()
    assert not Path(folder).exists()


def test_the_sandbox_of_a_living_owner_is_not_swept():
    with python(OWNER.format(start="sandbox.start()")) as owner:
        server, folder = owner.json()
        sweep()
        assert running(server)
        assert Path(folder, "s.sock").exists()


def test_a_server_that_outlived_its_owner_after_all_is_swept_too(make_sandbox):
    sandbox = make_sandbox()
    sandbox._claim.release()  # as the kernel does when the owner dies
    sweep()
    eventually(lambda: not running(sandbox.process.pid))
    assert not sandbox.folder.exists()


@pytest.fixture
def leftover(monkeypatch):
    """A folder as a sandbox makes it, to be written into; the claim on it is let go by the test.

    It's in a folder for temporary files that no other test sweeps.
    """
    home = tempfile.mkdtemp(prefix="jqs-")  # short: a socket's path goes through it
    monkeypatch.setattr(tempfile, "tempdir", home)
    yield Path(tempfile.mkdtemp(prefix=module.PREFIX))
    shutil.rmtree(home, ignore_errors=True)


def test_a_process_that_was_given_the_pid_of_a_dead_server_is_spared(leftover):
    Claim(leftover).release()
    with python("input()") as stranger:
        (leftover / "server.pid").write_text(str(stranger.pid), encoding="utf-8")
        sweep()
        assert not leftover.exists()
        assert stranger.poll() is None


def test_a_folder_that_is_just_being_made_is_left_alone(leftover):
    sweep()
    (leftover / f"{LOCK}.new").touch()  # its owner is about to lock it
    sweep()
    assert leftover.exists()


FORKING = """
    import json, os, signal, subprocess, sys
    from jobqueue.sandbox import Sandbox

    sandbox = Sandbox()
    sandbox.start()
    child = {child}
    print(json.dumps([str(sandbox.folder), child]), flush=True)
    signal.pause()
"""
CHILDREN = {
    "a fork": "os.fork() or signal.pause()",
    "another program": "subprocess.Popen(['sleep', '60'], close_fds=False).pid",
}


@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_a_child_that_lives_on_keeps_no_hold_on_its_dead_parents_folder(child):
    with python(FORKING.format(child=child)) as owner:
        folder, child = owner.json()
        owner.kill()
        owner.wait()
        assert running(child)
        eventually(lambda: sweep() or not Path(folder).exists())  # another test's sweep may be at it just now
        assert running(child)
        os.kill(child, signal.SIGKILL)


def test_a_fork_that_ends_or_lets_go_leaves_the_owner_its_hold(make_sandbox):
    sandbox = make_sandbox()
    if (child := os.fork()) == 0:
        sandbox._claim.release()
        os._exit(0)
    os.waitpid(child, 0)
    sweep()
    assert call(sandbox, "PING")


def test_without_file_locks_a_server_starts_and_nothing_is_swept(make_sandbox, leftover, monkeypatch):
    Claim(leftover).release()

    def refuse(*args):
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as without_locks:
        without_locks.setattr("fcntl.flock", refuse)
        sandbox = make_sandbox()
        sweep()
    assert leftover.exists()
    sweep()
    assert call(sandbox, "PING") and not leftover.exists()


def test_two_sweeps_at_once_do_not_disturb_each_other(leftover):
    Claim(leftover).release()
    with (leftover / LOCK).open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the other one is at it
        sweep()
        assert leftover.exists()
    sweep()
    assert not leftover.exists()


def test_owners_whose_pids_mean_nothing_to_each_other_leave_each_other_alone(make_sandbox):
    """The inner one, a namespace of pids on its make_sandbox, sees no process of ours; and the other way round."""
    inside = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets us make no namespace of pids")
    sandbox = make_sandbox()
    source = textwrap.dedent(OWNER.format(start="sandbox.start()"))
    with subprocess.Popen([*inside, sys.executable, "-c", source], stdout=subprocess.PIPE) as inner:
        try:
            _, folder = json.loads(inner.stdout.readline())
            assert call(sandbox, "PING") and sandbox.folder.exists()  # it swept before it started
            sweep()
            with redis.Redis.from_url(f"unix://{folder}/s.sock") as client:
                assert client.ping()
        finally:
            for process in psutil.Process(inner.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):  # it ends with its parent
                    process.kill()
            inner.kill()
