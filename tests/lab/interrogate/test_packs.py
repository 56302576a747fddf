"""No process, file or key outlives an experiment."""

import os
import signal
import subprocess
import sys

from helpers import eventually, python, running
from jobqueue.lab.interrogate import find
from jobqueue.lab.interrogate.guard import living
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.stage import Stage

FAMILY = """
import os, sys, time
if os.fork() == 0:
    if os.fork() == 0 and sys.platform == "linux":
        os.setsid()  # as a daemon
        open(sys.argv[1] + "-daemon", "w").write(str(os.getpid()))
        time.sleep(600)
    os.setpgrp()  # as RQ's work horse
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(600)
time.sleep(600)
"""


def test_a_pack_is_killed_with_all_it_started(tmp_path):
    pack = Pack([sys.executable, "-c", FAMILY, "pid"], {}, tmp_path, tmp_path / "log")
    child = eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(encoding="utf-8"))
    assert len(living(pack.pid)) >= 3
    if sys.platform == "linux":
        daemon = eventually(
            lambda: (tmp_path / "pid-daemon").exists() and (tmp_path / "pid-daemon").read_text(encoding="utf-8")
        )
    pack.kill()
    assert not living(pack.pid)
    assert not running(int(child))
    if sys.platform == "linux":
        eventually(lambda: not running(int(daemon)))  # nobody waits for it


def test_workers_do_not_outlive_a_harness_that_is_killed(tmp_path):
    harness = """
        import sys, time
        from pathlib import Path
        from jobqueue.lab.interrogate.pack import Pack
        folder = Path(sys.argv[2])
        print(Pack([sys.executable, "-c", sys.argv[1], "pid"], {}, folder, folder / "log").pid, flush=True)
        time.sleep(600)
    """
    with python(harness, FAMILY, str(tmp_path)) as process:
        session = process.json()
        eventually(lambda: (tmp_path / "pid").exists() and len(living(session)) >= 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    eventually(lambda: not living(session))


async def test_a_stage_leaves_nothing(popped):
    async with Stage(find(popped), {}) as stage:
        await stage.enqueue([("long", "sleep", 60.0)])
        pack = stage.hire()
        assert await stage.until(lambda: bool(stage.times("long")), 20)
        server, left = stage.sandbox.process.pid, stage.folder.exists
    assert not living(pack.pid)
    assert not running(server)
    assert not left()


def test_experiments_are_never_made_on_a_server_that_somebody_uses(popped):
    code = """if True:
        import asyncio, sys
        from jobqueue.lab.interrogate import ask
        print(asyncio.run(ask(sys.argv[1], "flood"))[0].word)
    """
    env = {"JOBQUEUE_REDIS_URL": "redis://localhost:1", "PATH": os.environ["PATH"]}
    run = subprocess.run([sys.executable, "-c", code, popped], env=env, capture_output=True, encoding="utf-8")
    assert run.stdout == "no\n", run.stderr
