"""What the tests in this folder are given."""

import pytest

from jobqueue.lab.world import World


@pytest.fixture
async def world():
    async with World() as world:
        yield world
