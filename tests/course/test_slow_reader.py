"""A learner reads before each cell: no lease, still or window of a lesson depends on how fast they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Seconds of reading before each cell. It outlasts the leases, which under JOBQUEUE_HASTE=8 are 1 to 1.5 s.
READING = "2.5"

ROOT = Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("notebooks/[01]?-*.ipynb"))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_lesson_waits_for_a_slow_reader():
    """Each cell's output is the stored one, as CI compares it without the reading."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, LESSONS)]
    env = os.environ | {"JOBQUEUE_READ_SECONDS": READING}
    for inherited in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        env.pop(inherited, None)
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout[-6000:]
