"""The commands, run by a shell or with an environment of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from helpers import eventually

PACKAGE = Path(__file__).parents[2] / "jobqueue"


#: A locale that is neither UTF-8 nor replaced by one.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

HANDLERS = "def echo(job): return job.payload\nHANDLERS = {'echo': echo}\n"


def jobqueue(*words, environment=None, **options):
    """Run the command to its end. What it prints is bytes."""
    command = [sys.executable, "-m", "jobqueue.cli", *words]
    surroundings = os.environ | (environment or {})
    return subprocess.run(command, capture_output=True, timeout=120, env=surroundings, **options)


def work_and_drain(redis_url, command, **options):
    """Run the worker that `command` starts until it has done the job "mine"; then SIGTERM ends it cleanly."""
    with subprocess.Popen(command, **options) as worker:
        try:
            eventually(lambda: b'"done"' in jobqueue("status", "mine", "--url", redis_url).stdout)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=10) == 0
        finally:
            worker.kill()


#: Every command that ends by itself, with its exit code.
COMMANDS = {
    "help": (["--help"], 0),
    "votes": (["votes", "votes.json"], 0),
    "grade": (["grade", "no-such-folder"], 1),
    "lab": (["lab", "--help"], 0),
    "reset": (["reset", "99"], 2),
    "enqueue": (["enqueue", "echo", "1"], 0),
    "status": (["status"], 0),
    "a job": (["status", "unheard-of"], 1),
    "cancel": (["cancel", "unheard-of"], 1),
    "policy": (["policy"], 0),
    "lease": (["lease"], 0),
    "interrogate": (["interrogate", "--list"], 0),
    "dead list": (["dead", "list"], 0),
    "dead show": (["dead", "show", "1-1"], 1),
    "dead replay": (["dead", "replay", "--all"], 0),
    "doctor": (["doctor"], 0),
}

#: The commands that take no --url.
ALONE = ("--help", "votes", "grade", "lab", "reset", "interrogate", "demo", "doctor")


def addressed(words, url):
    return words if words[0] in ALONE else [*words, "--url", url]


CHECK = r"""
import asyncio
from jobqueue.lab import check
from jobqueue.lab.solutions.orphans import find_orphans

async def mine(redis, stream, group, idle_ms):
    print("\N{MIDDLE DOT}")
    return await find_orphans(redis, stream, group, idle_ms)

async def main():
    return 0 if (await check.orphans(mine)).ok else 1

raise SystemExit(asyncio.run(main()))
"""


PLAIN = [name for name in COMMANDS if name != "doctor"]


def shell(redirected, *words, cwd=None):
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "jobqueue.cli", *words]
    return subprocess.run(command, capture_output=True, timeout=120, cwd=cwd)
