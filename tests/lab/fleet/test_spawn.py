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
    [ada] = world.hire()
    with pytest.raises(BadSetting, match="ada is alive already, as a worker of the kit: kill it first"):
        world.spawn(greet, ada.name)
    world.kill("alice")
    again = world.spawn(greet, "alice")
    await eventually_async(lambda: greeted(2))
    assert (again.number, again.pid != alice.pid) == (alice.number, True)
    for what, words in ((print, "a program is an `async def"), (greet, "a name is made of")):
        with pytest.raises(BadSetting, match=words):
            world.spawn(what, "../alice")


async def test_a_cell_that_spawns_can_be_run_again_and_again(world):
    def greeter(words):
        async def greet(redis, name):
            await redis.rpush("greetings", words)
            await asyncio.sleep(600)

        return greet

    async def greeted():
        return await world.queue.redis.lrange("greetings", 0, -1)

    alice = world.spawn(greeter("hello"), "alice")
    await eventually_async(lambda: is_now(greeted, [b"hello"]))
    assert world.spawn(greeter("hello"), "alice") is alice
    edited = world.spawn(greeter("good day"), "alice")
    await eventually_async(lambda: is_now(greeted, [b"hello", b"good day"]))
    assert (alice.alive, edited.alive) == (False, True)
    world.freeze("alice")
    assert world.spawn(greeter("good day"), "alice").pid != edited.pid
    await eventually_async(lambda: is_now(greeted, [b"hello", b"good day", b"good day"]))


async def is_now(ask, answer):
    return await ask() == answer
