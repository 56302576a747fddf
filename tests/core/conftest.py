"""Fixtures that the tests of the core share."""

import asyncio
import contextlib

import pytest
from redis.exceptions import RedisError


@pytest.fixture
async def brisk(queue):
    """Delayed jobs become waiting at once when they are due, and not within a second."""

    async def promote():
        while True:
            with contextlib.suppress(RedisError):
                await queue.transitions.promote()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(promote())
    yield
    task.cancel()


@pytest.fixture
def transitions(queue):
    return queue.transitions


@pytest.fixture
def redis(queue):
    return queue.redis


@pytest.fixture
async def full(queue, redis):
    """Call it to fill the server's memory up."""
    (limit,) = (await redis.config_get("maxmemory")).values()
    yield lambda: redis.config_set("maxmemory", 1)
    await redis.config_set("maxmemory", limit)
