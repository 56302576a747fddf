"""A world as a notebook uses it: its parts, its short verbs, and the mistakes that a learner makes with cells."""

import asyncio
import inspect

import psutil
import pytest

from jobqueue.lab.traffic.load import steady
from jobqueue.lab.world import World, WorldClosed, open_world


async def program(redis, name):
    """Nothing."""


def pick(heads):
    return next(iter(heads))


#: Calls that must do nothing in a closed world.
LATE = {
    "hire": lambda world: world.hire(),
    "spawn": lambda world: world.spawn(program),
    "fire": lambda world: world.fire("ada"),
    "kill": lambda world: world.kill(),
    "end": lambda world: world.end("ada"),
    "freeze": lambda world: world.freeze("ada"),
    "thaw": lambda world: world.thaw("ada"),
    "slow": lambda world: world.fleet.slow("ada", 2),
    "hoard": lambda world: world.fleet.hoard("ada", 64),
    "teach": lambda world: world.teach(pick),
    "muster": lambda world: world.muster(1),
    "orphans": lambda world: world.orphans(),
    "load": lambda world: world.load(steady(1)),
    "flood": lambda world: world.flood("low"),
    "serve": lambda world: world.traffic.serve(),
    "client": lambda world: world.client(),
    "until": lambda world: world.until(lambda frame: True),
    "until_done": lambda world: world.until_done(),
    "until_stale": lambda world: world.until_stale(1),
    "busy": lambda world: world.busy(),
    "enqueue_library": lambda world: world.enqueue_library(),
    "account": lambda world: world.account(),
}


@pytest.fixture(scope="module")
def closed_world():
    async def open_and_close():
        async with World() as world:
            world.hire()
        return world

    return asyncio.run(open_and_close())


@pytest.mark.parametrize("verb", LATE)
async def test_a_cell_that_runs_after_the_world_was_closed_says_so_and_starts_nothing(closed_world, verb):
    marks, processes = len(closed_world.recorder.marks), set(psutil.Process().children())
    with pytest.raises(WorldClosed, match="run the notebook's first code cell again"):
        if inspect.isawaitable(result := LATE[verb](closed_world)):
            await result
    assert (len(closed_world.recorder.marks), set(psutil.Process().children())) == (marks, processes)


async def test_pictures_and_recording_outlive_their_world():
    async with World() as world:
        world.hire()
        await world.until(lambda frame: frame.workers)
        picture = world.lanes()
    assert world.lanes() is picture and "ada" in picture.still().data
    assert "ada" in world.watch().still().data  # first asked for after the end
    assert list(world.recording().marks["label"]) == ["ada hired"]


async def test_opening_a_world_again_closes_the_one_before():
    first = await open_world(lease=2)
    second = await open_world(lease=2)
    try:
        with pytest.raises(WorldClosed):
            first.hire()
        assert first.sandbox.process is None and await second.client().ping()
    finally:
        await second.close()
    await second.close()  # the last cell, run twice
    third = await open_world()  # and the first one again, after that
    await third.close()


async def test_short_verbs_are_those_of_the_parts():
    async with World() as world:
        shorts = {name: value for name, value in vars(world).items() if inspect.ismethod(value)}
        parts = (world.fleet, world.traffic, world.waits, world.pictures, world.library)
        assert {"hire", "kill", "load", "until", "watch", "account"} <= set(shorts)
        assert {verb.__self__ for verb in shorts.values()} == set(parts)
        assert all(verb.__doc__ for verb in shorts.values())
