"""A world of a browser tab: its workers are tasks, and the same verbs do the same to them. Its Redis runs in Node."""

import asyncio
import ctypes
import logging

import pytest
from tab_redis import AsyncLink

from jobqueue import Queue
from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.process import is_no_start
from jobqueue.lab.tab import life
from jobqueue.lab.tab.crew import NotInTab, TaskWorker
from jobqueue.lab.tab.life import Life
from jobqueue.lab.tab.socket import URL
from jobqueue.lab.tab.world import install
from jobqueue.lab.world import open_world, opened

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def tab(running_server, monkeypatch):
    """The loop of this test is that of a tab, and `open_world` opens a world there."""
    log = logging.getLogger("jobqueue")
    level = log.level
    monkeypatch.setattr(opened, "world_type", opened.world_type)
    install(lambda: AsyncLink(running_server))
    yield
    log.removeFilter(is_no_start)
    log.setLevel(level)
    keep_graves()


@pytest.fixture
async def world(tab):
    world = await open_world(lease=2)
    yield world
    await world.close()


@pytest.fixture
async def alive():
    """A life in this loop, where tasks are given to it."""
    life.install(asyncio.get_running_loop())
    yield Life()
    keep_graves()


def keep_graves():
    """Keep the graves even when this process ends: a page never ends like that."""
    for coroutine in life.GRAVES:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))
    life.GRAVES.clear()


async def test_a_queue_and_a_worker_drain_three_tiers_in_a_tab(tab):
    async def double(job):
        return job.payload * 2

    async with Queue(URL, "drained") as queue:
        ids = [await queue.enqueue("double", n, priority=tier) for n in range(10) for tier in ("high", "normal", "low")]
        await TaskWorker(queue, {"double": double}).run_until_idle()
        assert (await queue.snapshot()).done == 30
        assert (await queue.job(ids[-1])).result == 18


async def test_a_killed_worker_leaves_orphans_that_another_one_finishes(world):
    await world.enqueue_library(seconds=6, files=60)
    world.hire(3)
    await world.until(lambda frame: all(worker.running for worker in frame.workers))
    victim = world.kill()
    assert await world.orphans() > 0
    pending = await world.client().xpending(world.stream, world.group)
    assert victim.name in [consumer["name"] for consumer in pending["consumers"]]
    frame = await world.until_done()
    account = await world.account()
    assert (account.done, account.lost, account.wrong) == (60, 0, 0)
    assert account.run_twice > 0
    assert [worker.state for worker in frame.workers if worker.name == victim.name] == ["dead"]
    assert "tasks in this tab" in repr(victim)


async def test_a_frozen_worker_loses_its_lease_and_its_late_result(world):
    await world.enqueue_library(seconds=2, files=20)
    world.hire(2, concurrency=2)
    await world.until(lambda frame: all(worker.running for worker in frame.workers))
    world.freeze("ada")
    frame = await world.until(lambda frame: frame.done + 1 >= frame.accepted and frame.reaped)
    assert [worker.state for worker in frame.workers if worker.name == "ada"] == ["frozen"]
    world.thaw("ada")
    await world.until_done()
    assert (await world.account()).lost == 0
    assert world.fleet.members["ada"].is_well


async def test_a_worker_that_is_fired_hands_back_nothing_and_leaves(world):
    [ada] = world.hire(1)
    await world.until(lambda frame: frame.workers[0].state == "idle")
    world.fire("ada")
    await world.until(lambda frame: frame.workers[0].state == "gone", alone=True)
    assert not ada.alive


async def test_a_program_that_ends_is_gone(world):
    async def program(redis, name):
        await redis.set("ran", name)

    ada = world.spawn(program, "ada")
    await world.when(lambda: world.client().get("ran"), "ada")
    await world.until(lambda frame: not ada.alive, alone=True)
    assert ada.process.returncode == 0


async def test_what_a_tab_does_not_have_it_says(world):
    world.hire(1)
    with pytest.raises(NotInTab, match="not in this tab"):
        await world.faults.kill_redis()
    with pytest.raises(BadSetting, match="no worker named 'ben'"):
        world.kill("ben")


async def test_a_killed_life_runs_no_line_more(alive):
    ran = []

    async def sleep():
        try:
            await asyncio.sleep(60)
        finally:
            ran.append("finally")

    async def parent():
        await asyncio.gather(sleep(), sleep())

    task = alive.begin(parent())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    alive.end()
    await asyncio.wait([task])
    assert task.cancelled()
    assert ran == []


async def test_a_frozen_life_stands_still_and_its_cancellation_waits(alive):
    ticks = []

    async def tick():
        try:
            while True:
                ticks.append(len(ticks))
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            ticks.append("cancelled")

    task = alive.begin(tick())
    while len(ticks) < 3:
        await asyncio.sleep(0)
    alive.freeze()
    count = len(ticks)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(ticks) == count
    task.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(ticks) == count
    alive.thaw()
    await asyncio.wait([task])
    assert ticks[-1] == "cancelled"


async def test_a_worker_that_is_cut_off_loses_its_jobs_to_another_and_comes_back(world):
    await world.enqueue_library(seconds=4, files=20)
    world.hire(2, concurrency=2)
    await world.until(lambda frame: all(worker.running for worker in frame.workers))
    await world.faults.partition("ada")
    frame = await world.until(lambda frame: frame.reaped and frame.done + 2 >= frame.accepted)
    assert [worker.faults for worker in frame.workers if worker.name == "ada"] == [["cut off"]]
    await world.faults.heal()
    await world.until_done()
    await world.until(lambda frame: world.fleet.members["ada"].is_well, alone=True)
    assert (await world.account()).lost == 0


async def test_a_lost_delivery_is_found_when_its_worker_connects_again(world):
    [ada] = world.hire(1)
    await world.until(lambda frame: frame.workers[0].state == "idle")
    await world.faults.lose_reply("ada")
    assert ada.faults == ["loses a reply"]
    await world.enqueue_library(seconds=1, files=1)
    await world.until_done()
    assert ada.is_well  # the fault is over once it has struck
    account = await world.account()
    assert (account.done, account.run_twice, account.lost) == (1, 0, 0)


async def test_a_delay_is_seen_in_the_picture_until_it_ends(world):
    [ada] = world.hire(1)
    await world.until(lambda frame: frame.workers[0].state == "idle")
    await world.faults.delay("ada", 0.2)
    assert ada.faults == ["delay 0.2 s"]
    await world.faults.delay("ada", 0)
    assert ada.is_well
