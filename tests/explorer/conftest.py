"""A server for explorations in this process: quicker to debug than the child, and the same code."""

import pytest

from jobqueue.explorer.in_process import explore_here
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.sandbox import Sandbox


@pytest.fixture(scope="session")
def server():
    sandbox = Sandbox()
    sandbox.external = None  # never somebody's own: it is emptied
    server = SteppedServer(sandbox.start())
    yield server
    server.close()
    sandbox.stop()


@pytest.fixture
def run(server):
    """`run(scenario, …)` explores it here and returns the report."""
    return lambda scenario, **options: explore_here(scenario, server, **options)
