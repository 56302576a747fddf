"""What the tests in this folder are given."""

import pytest

from jobqueue.lab.world import World


@pytest.fixture
async def world():
    async with World(lease=1) as world:
        yield world
