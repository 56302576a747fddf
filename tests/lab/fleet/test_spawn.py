"""A program of your own, as a real process."""

import asyncio

import pytest

from helpers import eventually_async
from jobqueue.errors import BadSetting


async def test_a_program_from_a_cell_runs_by_its_name_and_its_name_can_be_given_again_when_it_is_dead(world):
    async def greet(redis, name):
        await redis.rpush("greetings", name)
        await asyncio.sleep(600)

    async def greeted(times):
        return await world.queue.redis.lrange("greetings", 0, -1) == [b"alice"] * times

    alice = world.spawn(greet, "alice")
    await eventually_async(lambda: greeted(1))
    with pytest.raises(BadSetting, match="alice is alive already: kill it first, or give another name"):
        world.spawn(greet, "alice")
    world.hire()
    world.kill("alice")
    again = world.spawn(greet, "alice")
    await eventually_async(lambda: greeted(2))
    assert (again.number, again.pid != alice.pid) == (alice.number, True)
    for what, words in ((print, "a program is an `async def"), (greet, "a name is made of")):
        with pytest.raises(BadSetting, match=words):
            world.spawn(what, "../alice")
