"""A room full of JupyterLabs on one machine, of one user, started at the same moment: none is in another's way."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from jobqueue.sandbox import PREFIX

SEAT = Path(__file__).with_name("seat.py")


@contextlib.contextmanager
def seat(folder, user):
    """A learner who sits there; closing their standard input tells them to leave."""
    folder.mkdir()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, SEAT, folder, user], text=True, **pipes) as learner:
        try:
            yield learner
        finally:
            _, errors = learner.communicate(timeout=120)
    assert learner.returncode == 0, errors


@pytest.mark.parametrize("many", [pytest.param(3, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.long)])
def test_that_many_at_once_have_ports_servers_folders_and_jobs_of_their_own(many, tmp_path):
    with contextlib.ExitStack() as room:
        learners = [room.enter_context(seat(tmp_path / str(number), tmp_path / "user")) for number in range(many)]
        seats = [json.loads(learner.stdout.readline() or "{}") for learner in learners]
    for what in ("port", "root", "url", "folder", "worker"):
        assert len({one[what] for one in seats}) == many
    assert {one["account"] for one in seats} == {"accepted 10 · done 10 · run twice 0 · lost 0"}
    for folder in (Path(one["folder"]) for one in seats):  # each had its own, and left nothing
        assert folder.name.startswith(PREFIX) and not folder.exists()
