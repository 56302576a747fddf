"""A real server for every test that asks for one."""

from collections import Counter

import pytest
import redis
from hypothesis import HealthCheck, settings

from jobqueue import Queue
from jobqueue.sandbox import Sandbox

# On a busy machine an example may take longer than any limit, and so may drawing the next one.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


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


@pytest.hookimpl(tryfirst=True)  # before pytest selects by markers
def pytest_collection_modifyitems(items):
    """Leave one case in n of a test that is `sampled(n)` for every day. The others are slow."""
    counts = Counter()
    for item in items:
        if (sampled := item.get_closest_marker("sampled")) and not item.get_closest_marker("long"):
            if counts[item.originalname, item.path] % sampled.args[0]:
                item.add_marker("slow")
            counts[item.originalname, item.path] += 1


def pytest_terminal_summary(terminalreporter):
    """Print what tests have recorded as their summary, as the storms do."""
    passed = terminalreporter.stats.get("passed", [])
    lines = [value for report in passed for name, value in report.user_properties if name == "summary"]
    if lines:
        terminalreporter.section("summaries")
        for line in lines:
            terminalreporter.write_line(line)
