"""Closing to the end: neither a part that fails nor an interrupt leaves anything of a world behind."""

import asyncio
import threading

import psutil
import pytest

from helpers import eventually_async, running
from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.interrogate import find
from jobqueue.lab.interrogate.stage import Stage
from jobqueue.lab.traffic.load import steady
from jobqueue.lab.world import World
from jobqueue.sandbox import Sandbox

#: Each part of a world that is closed, and the method that closes it.
PARTS = {
    "faults": lambda world: (world.faults, "close"),
    "load": lambda world: (world.traffic.loads[0], "close"),
    "recorder": lambda world: (world.recorder, "close"),
    "worker": lambda world: (world.fleet.members["ada"], "kill"),
    "picture": lambda world: (next(iter(world.pictures.shown.values())), "freeze"),
    "client": lambda world: (world._clients[0], "aclose"),
    "queue": lambda world: (world.queue, "close"),
}


@pytest.fixture
async def busy():
    """A world with something of everything; `left()` says what is still there of it."""
    before = set(psutil.Process().children())
    world = await World().__aenter__()
    world.hire(2)
    world.load(steady(100), "sleep")
    await world.client().ping()
    world.watch()
    await world.until(lambda frame: any(worker.running for worker in frame.workers))
    processes, folders = set(psutil.Process().children()) - before, [world.sandbox.folder, world.folder]
    world.left = lambda: [one for one in processes if running(one.pid)] + [one for one in folders if one.exists()]
    assert len(world.left()) == 2 * 4 + 2  # the server, the network and two workers, each with its watchdog
    yield world
    await world.close()


def refuse():
    raise RuntimeError("this cannot be closed")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_cannot_be_closed_keeps_no_other_from_it(busy, monkeypatch, part):
    monkeypatch.setattr(*PARTS[part](busy), refuse)
    with pytest.raises(RuntimeError, match="this cannot be closed"):
        await busy.close()
    monkeypatch.undo()
    if part == "worker":  # it was killed, but not waited for
        busy.fleet.members["ada"].kill()
    assert busy.left() == []


async def test_an_interrupt_while_it_closes_leaves_nothing_behind(busy, monkeypatch):
    stuck = asyncio.Event()

    async def never_ends():
        stuck.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(busy.faults, "close", never_ends)
    closing = asyncio.create_task(busy.close())
    await stuck.wait()
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()
    assert busy.left() == []


async def test_a_world_that_cannot_be_opened_leaves_nothing_behind(monkeypatch):
    before, world = set(psutil.Process().children()), World()
    monkeypatch.setattr(world, "furnish", refuse)
    with pytest.raises(RuntimeError, match="this cannot be closed"):
        await world.__aenter__()
    assert (world.sandbox.folder, set(psutil.Process().children())) == (None, before)


async def test_a_restart_whose_waiter_was_interrupted_outlives_no_stop(busy, monkeypatch):
    """What runs in a thread goes on: here it is held just before it starts the server again."""
    launch, held, go_on = busy.sandbox._launch, threading.Event(), threading.Event()

    def slow_launch():
        held.set()
        go_on.wait(10)
        launch()

    monkeypatch.setattr(busy.sandbox, "_launch", slow_launch)
    restarting = asyncio.create_task(busy.faults.restart_redis())
    await eventually_async(held.is_set)
    restarting.cancel()
    await asyncio.wait([restarting])
    threading.Timer(0.2, go_on.set).start()
    await busy.close()
    assert busy.sandbox.process is None
    assert busy.left() == []


async def test_a_stage_whose_adapter_wrote_nonsense_ends_what_runs(monkeypatch):
    with pytest.raises(RuntimeError, match="this cannot be closed"):
        async with Stage(find("jobqueue"), {}) as stage:
            pack = stage.hire()
            monkeypatch.setattr(stage, "_add_notes", refuse)
    assert not running(pack.pid)
    assert (stage.sandbox.folder, stage.sandbox.process) == (None, None)
    assert not stage.folder.exists()


def test_a_sandbox_that_cannot_be_killed_still_loses_its_folder(monkeypatch):
    sandbox = Sandbox()
    sandbox.start()
    folder = sandbox.folder
    monkeypatch.setattr(sandbox, "kill", refuse)
    with pytest.raises(RuntimeError):
        sandbox.stop()
    assert not folder.exists()
    monkeypatch.undo()
    sandbox.stop()


def test_the_first_failure_is_raised_with_notes_of_the_others_and_an_interrupt_before_all():
    failures = Failures()
    failures.raise_first()
    for error in (ValueError("one"), OSError("two")):
        with failures:
            raise error
    with pytest.raises(ValueError, match="one") as raised:
        failures.raise_first()
    assert raised.value.__notes__ == ["and then: OSError: two"]
    with failures:
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        failures.raise_first()
