"""`jobqueue status --watch` goes on through outages, and Ctrl-C or a closed pipe ends any command."""

import asyncio
import contextlib
import os
import pty
import signal
import subprocess
import sys
import termios

import redis

from helpers import eventually
from jobqueue import Queue, Worker
from jobqueue.server.leash import Leashed


def test_watching_goes_on_through_an_outage_until_ctrl_c(redis_url, sandbox, tmp_path):
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--watch", "--url", redis_url]
    out, complaints = tmp_path / "out", tmp_path / "complaints"
    with out.open("wb") as stdout, complaints.open("wb") as stderr:
        watching = Leashed(command, stdout=stdout, stderr=stderr)
    eventually(lambda: out.read_text(encoding="utf-8").count("accepted 0") >= 2)
    sandbox.kill()
    eventually(lambda: "no answer from Redis" in out.read_text(encoding="utf-8"))
    sandbox.restart()
    seen = len(out.read_text(encoding="utf-8"))
    eventually(lambda: "accepted 0" in out.read_text(encoding="utf-8")[seen:])
    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=10) == 0
    assert complaints.read_text(encoding="utf-8") == ""


@contextlib.contextmanager
def watching(redis_url):
    """`jobqueue status --watch` on a terminal, killed at the end; yields the process and our end of the terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--watch", "--url", redis_url]
    process = Leashed(command, stdout=theirs, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    try:
        yield process, ours, theirs
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_on_a_terminal_the_table_is_drawn_in_place(redis_url):
    with watching(redis_url) as (process, terminal, _):
        os.set_blocking(terminal, False)
        drawn = bytearray()

        def twice():
            with contextlib.suppress(BlockingIOError):
                drawn.extend(os.read(terminal, 1000))
            return drawn.count(b"accepted 0") >= 2

        eventually(twice, timeout=30)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert b"\x1b[2K" in drawn or b"\x1b[1A" in drawn  # it went back up, instead of down


def stuck(redis_url):
    """Has a watching process stopped asking Redis, as it does every second unless it can't write?"""
    with redis.Redis.from_url(redis_url) as client:
        watchers = [one for one in client.client_list() if one["name"] == "jobqueue"]
        return watchers and all(int(one["idle"]) >= 3 for one in watchers)


def test_ctrl_c_ends_watching_at_once_on_a_terminal_that_takes_no_more(redis_url):
    with watching(redis_url) as (process, _, terminal):
        termios.tcflow(terminal, termios.TCOOFF)  # as Ctrl-S does
        eventually(lambda: stuck(redis_url), timeout=30)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_ctrl_c_ends_a_command_whose_reader_takes_no_more(redis_url, letters):
    """Its output is larger than the pipe."""
    with redis.Redis.from_url(redis_url) as client:
        for _ in range(99):
            client.xadd("{jobs}:low", {"junk": "x" * 2000})
    asyncio.run(bury_all(redis_url))
    command = [sys.executable, "-m", "jobqueue.cli", "dead", "list", "--json", "--url", redis_url]
    process = Leashed(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout.read(1) == b"["
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def bury_all(redis_url):
    async with Queue(redis_url) as queue:
        await Worker(queue, {}).run_until_idle()


def test_a_reader_that_closes_the_pipe_ends_a_command_quietly(redis_url, letters):
    command = f"{sys.executable} -m jobqueue.cli dead list --json --url {redis_url} | true"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, encoding="utf-8")
    assert (ended.returncode, ended.stderr) == (0, "")
