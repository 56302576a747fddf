"""A real server for every test that asks for one."""

import pytest
import redis

from jobqueue import Queue
from jobqueue.sandbox import Sandbox


@pytest.fixture(scope="session")
def shared_sandbox():
    """One server for the whole run: starting it is cheap, but not free. Tests want `sandbox` or `redis_url`."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(shared_sandbox):
    """A running Sandbox with nothing in it. A test may kill or restart it: the next one gets it back running."""
    with redis.Redis.from_url(shared_sandbox.start()) as client:
        client.flushall()
    return shared_sandbox


@pytest.fixture
def redis_url(sandbox):
    """The address of an empty server."""
    return sandbox.url


@pytest.fixture
async def queue(redis_url):
    """An empty queue named jobs."""
    async with Queue(redis_url) as queue:
        yield queue
