"""The embedded server, and Debian's redis-server where there is one: a trap must be one on both."""

import shutil

import pytest

from jobqueue import Queue
from jobqueue.sandbox import Sandbox


@pytest.fixture(params=["embedded", "redis-server"])
def own_sandbox(request, monkeypatch):
    """A running server of this test's own, which it may fill, change and kill."""
    if request.param != "embedded":
        if not (path := shutil.which(request.param)):
            pytest.skip(f"no {request.param} here: apt install {request.param}")
        monkeypatch.setenv("JOBQUEUE_SERVER", path)
    sandbox = Sandbox(persistent=True)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
async def own_queue(own_sandbox):
    async with Queue(own_sandbox.url) as queue:
        yield queue
