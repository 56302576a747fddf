"""Every command, a worker and a checker work without docstrings and asserts, as under `python -OO`."""

import os
import subprocess
import sys

import pytest
from surroundings import CHECK, COMMANDS, addressed, jobqueue, work_and_drain

OPTIMIZED = {"PYTHONOPTIMIZE": "2"}


@pytest.mark.sampled(7)
@pytest.mark.parametrize(("words", "code"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_works_without_docstrings_and_asserts(words, code, redis_url, folder):
    ended = jobqueue(*addressed(words, redis_url), environment=OPTIMIZED, cwd=folder)
    assert (ended.returncode, b"Traceback" in ended.stderr) == (code, False), ended.stderr


@pytest.mark.slow
def test_a_worker_works_without_docstrings_and_asserts(redis_url, folder):
    jobqueue("enqueue", "echo", "1", "--id", "mine", "--url", redis_url)
    command = [sys.executable, "-m", "jobqueue.cli", "worker", "mine:HANDLERS", "--url", redis_url]
    work_and_drain(redis_url, command, cwd=folder, env=os.environ | OPTIMIZED, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_a_checker_works_without_docstrings_and_asserts():
    ended = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, timeout=120, env=os.environ | OPTIMIZED)
    assert ended.returncode == 0, ended.stderr
