"""A world of a browser tab: its workers are tasks or Web Workers, and the same verbs do the same to both.

Its Redis runs in Node, and here a Web Worker is a process.
"""

import asyncio
import ctypes
import logging
import signal

import pytest
from tab_redis import AsyncLink
from web_worker import ProcessPort

from jobqueue import Queue
from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.process import is_no_start
from jobqueue.lab.pictures.overview import still
from jobqueue.lab.tab import life
from jobqueue.lab.tab.crew import NotInTab
from jobqueue.lab.tab.life import Life
from jobqueue.lab.tab.socket import URL, take_the_past
from jobqueue.lab.tab.work import TaskWorker
from jobqueue.lab.tab.world import install
from jobqueue.lab.world import open_world, opened

pytestmark = pytest.mark.timeout(120)


#: What the workers are, and how the picture says it.
KINDS = {"tasks in this tab": None, "Web Workers": ProcessPort}


@pytest.fixture(params=KINDS)
async def tab(request, running_server, monkeypatch):
    """The loop of this test is that of a tab, and `open_world` opens a world there."""
    log = logging.getLogger("jobqueue")
    level = log.level
    monkeypatch.setattr(opened, "world_type", opened.world_type)
    monkeypatch.setattr(still, "WORKERS_TITLE", "")
    install(lambda: AsyncLink(running_server), KINDS[request.param])
    assert f"Workers: {request.param}" == still.WORKERS_TITLE
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


@pytest.mark.parametrize("tab", ["Web Workers"], indirect=True)
async def test_one_may_hire_six_web_workers(world):
    with pytest.raises(BadSetting, match="1 to 6 workers in all; 6 more can come, not 7"):
        world.hire(7)


@pytest.mark.parametrize("tab", ["tasks in this tab"], indirect=True)
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
    assert repr(victim).removeprefix(f"<{victim.name}: ") in ("tasks in this tab, gone>", "a Web Worker, gone>")


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


async def test_what_was_due_before_is_called_at_once():
    delays = []

    class StrictLoop:
        """As strict as Pyodide's."""

        def call_later(self, delay, callback, *args, context=None):
            if delay < 0:
                raise ValueError("Can't schedule in the past")
            delays.append((delay, args, context))

    loop = StrictLoop()
    take_the_past(loop)
    loop.call_later(-0.001, print, "late", context=7)
    loop.call_later(2, print)
    assert delays == [(0, ("late",), 7), (2, (), None)]


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


async def test_workers_get_own_handlers_and_policies_also_those_that_are_taught_later(world):
    def highest(heads):  # in here, so that it's sent as a cell's function is
        return "high" if "high" in heads else "low"

    async def shout(job):
        return job.payload.upper()

    world.hire(1, handlers={"shout": shout}, policy=highest)
    ids = [await world.queue.enqueue("shout", "hello")]
    await world.until_done()
    name = await world.teach(highest)
    ids.append(await world.queue.enqueue("shout", "bye", priority="low"))
    await world.until_done()
    assert [(await world.queue.job(each)).result for each in ids] == ["HELLO", "BYE"]
    log = world.fleet.members["ada"].log.read_text(encoding="utf-8")
    assert name not in log  # it would say that it doesn't know the policy


async def test_a_job_that_kills_its_worker_kills_it(world):
    [ada] = world.hire(1)
    await world.queue.enqueue("kill")
    await world.until(lambda frame: frame.workers[0].state == "dead", alone=True)
    assert ada.process.returncode == -signal.SIGKILL
    assert await world.orphans() == 1


async def test_orders_that_come_before_a_worker_is_ready_are_kept(world):
    [ada, ben] = world.hire(2, concurrency=1)
    world.fleet.slow("ada", 1.5)
    world.fleet.hoard("ada", 5)
    world.fire("ben")
    await world.until(lambda frame: frame.workers[1].state == "gone", alone=True)
    for _ in range(3):
        await world.queue.enqueue("sleep", {"seconds": 60})
    await world.until(lambda frame: frame.workers[0].running == 3)
    assert (ada.alive, ben.process.returncode) == (True, 0)


@pytest.mark.parametrize(("says", "code"), [("raise ValueError('why')", 1), ("sys.exit(3)", 3)])
async def test_a_program_that_fails_leaves_its_code_and_says_why(world, says, code):
    async def program(redis, name):
        exec(f"import sys; {says}")

    ada = world.spawn(program, "ada")
    await world.until(lambda frame: not ada.alive, alone=True)
    assert ada.process.returncode == code
    if code == 1:
        assert ada.failure == "ada failed: ValueError: why"
