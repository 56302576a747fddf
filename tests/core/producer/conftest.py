"""Queues with capacities."""

import contextlib

import pytest

from jobqueue import Queue


@pytest.fixture
async def bounded(redis_url):
    """Call it for a queue with these capacities."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**capacity):
            return await stack.enter_async_context(Queue(redis_url, capacity=capacity))

        yield make


@pytest.fixture
async def other(redis_url):
    """The same queue from another connection, which ends the jobs that `queue` waits for."""
    async with Queue(redis_url) as other:
        yield other
