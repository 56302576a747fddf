"""Paths with any character in them."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from surroundings import CHECK, PACKAGE, jobqueue

from jobqueue.lab.course.shelf import course, lay_out
from jobqueue.lab.course.workspace import LESSON
from jobqueue.lab.votes.votes import Votes
from jobqueue.server.urls import unix_path, unix_url

ODD = {"marks": "a b%20'\xfc#?", "control": 'n\nl"\\', "bytes": "\udcff", "address": "x:/@y&z="}


@pytest.fixture(params=ODD.values(), ids=ODD)
def odd(request):
    """A folder with an odd name. Its path is short, because sockets live in it."""
    with tempfile.TemporaryDirectory(prefix="o", ignore_cleanup_errors=True) as folder:
        path = Path(folder, request.param)
        path.mkdir(parents=True)
        yield path


@pytest.mark.slow
def test_the_course_runs_with_its_temporary_files_at_an_odd_path(odd):
    environment = os.environ | {"TMPDIR": str(odd), "PYTHONIOENCODING": "utf-8"}
    ended = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = jobqueue("doctor", environment={"TMPDIR": str(odd)})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert list(odd.iterdir()) == []  # the doctor's server has swept what the checker's left behind


@pytest.mark.slow
def test_the_package_runs_from_a_checkout_at_an_odd_path(odd):
    if ":" in str(odd):
        pytest.skip("PYTHONPATH can't name such a folder")
    shutil.copytree(PACKAGE, odd / "jobqueue", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {"PYTHONPATH": str(odd), "PYTHONIOENCODING": "utf-8"}
    for program in (["-c", CHECK], ["-m", "jobqueue.cli", "doctor"]):
        ended = subprocess.run([sys.executable, *program], capture_output=True, timeout=120, env=environment, cwd=odd)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    where = [sys.executable, "-c", "import jobqueue, sys; sys.exit(jobqueue.__file__ != sys.argv[1])"]
    assert subprocess.run([*where, str(odd / "jobqueue" / "__init__.py")], env=environment, cwd=odd).returncode == 0


def test_notebooks_and_votes_live_at_an_odd_path(odd):
    lay_out(odd / "notes", course())
    assert (odd / "notes" / LESSON).is_file()
    votes = Votes(odd / "votes.json")
    votes.answer("one", "?", {"A": "a", "B": "b"}, "A")
    assert (votes.problem, votes.entry("one").answers[0].chose) == ("", "A")
    ended = jobqueue("votes", str(odd / "votes.json"))
    assert ended.returncode == 0 and b"1 voted" in ended.stdout


def test_a_sockets_address_leads_back_to_its_path(odd):
    path = str(odd / "s.sock")
    assert unix_path(unix_url(path)) == path
