"""What the tests in this folder are given."""

import pytest

from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.recording.recorder import Recorder
from jobqueue.lab.world import World


@pytest.fixture
async def world():
    async with World(lease=1) as world:
        yield world


@pytest.fixture
async def recorder(queue, tmp_path):
    """Of a queue without workers; nobody samples but the test."""
    fleet = Processes(queue.url, queue.keys.name, tmp_path, "jobqueue.lab.fleet.tasks:HANDLERS")
    recorder = Recorder(queue, fleet)
    await queue.record_events()
    yield recorder
    await recorder.close()
    fleet.close()
