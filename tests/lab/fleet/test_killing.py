"""Workers that are frozen, killed or fired."""

import asyncio
import os
import signal

import psutil
import pytest

from fleet_steps import faults, hired, state
from helpers import eventually_async
from jobqueue.errors import BadSetting
from jobqueue.lab.world import NothingToWaitFor


async def totals(world):
    return {
        name.decode(): int(count) for name, count in (await world.queue.redis.hgetall(world.queue.keys.totals)).items()
    }


async def test_whom_one_could_kill_when_nobody_is_alive_is_said_in_words(world):
    await hired(world)
    world.kill()
    with pytest.raises(BadSetting, match="no worker is alive, so you can't kill one: hire some first"):
        world.kill()


async def test_a_cell_that_ends_somebody_can_be_run_twice_and_before_anybody_lived(world):
    world.end("ada")
    await hired(world)
    world.end("ada")
    world.end("ada")
    assert [mark.label for mark in world.recorder.marks] == ["ada hired", "kill -9 ada"]


async def test_who_reads_slowly_finds_work_in_somebodys_hands_all_the_same(world):
    with pytest.raises(NothingToWaitFor, match="no worker is alive, so none can be busy: hire some first"):
        await world.busy()
    world.hire()
    await world.enqueue_library(seconds=0.01, files=5)
    await world.until_done()
    await world.busy()
    held = (await world.recorder.refresh()).accepted
    await world.busy()
    assert held > 5 and (await world.recorder.refresh()).accepted == held
    assert (await world.recorder.refresh()).ledger


# F24
async def test_what_a_frozen_one_holds_is_reaped_and_its_late_outcome_discarded(world):
    await hired(world)
    job_id = await world.queue.enqueue("nap", 0.5)
    await world.until(lambda frame: frame.workers[0].jobs)
    world.freeze("ada")
    await eventually_async(lambda: psutil.Process(world.fleet.members["ada"].pid).status() == psutil.STATUS_STOPPED)
    await hired(world)
    frame = await world.until(lambda frame: frame.done == 1)
    assert (state(frame, "ada"), frame.workers[0].faults) == ("frozen", [])
    assert (await world.queue.job(job_id)).attempt in (2, 3)  # 3: what was reaped went to its blocked read once more
    world.thaw("ada")
    lost = await world.until(lambda frame: any(event.event == "lost" for event in world.recorder.events))
    assert state(lost, "ada") == "idle"
    assert (await totals(world))["done"] == 1 < world.fleet.began()[job_id]
    (mark,) = [mark for mark in lost.marks if mark.label == "ada frozen"]
    assert mark.until - mark.t >= world.lease
    assert await world.queue.result(await world.queue.enqueue("nap", 0.01), timeout=60) == 0.01


async def test_a_frozen_one_can_be_killed_but_is_not_fired_or_frozen_again(world):
    (member,) = await hired(world)
    world.freeze("ada")
    for act in (world.fire, world.freeze):
        with pytest.raises(BadSetting, match="ada is frozen: thaw it first, or kill it"):
            act("ada")
    world.kill("ada")
    assert (member.alive, member.frozen) == (False, False)
    frame = await world.recorder.refresh()
    assert state(frame, "ada") == "dead"
    assert all(mark.end < float("inf") for mark in frame.marks if mark.label == "ada frozen")


async def test_an_act_may_begin_anew_whatever_has_become_of_it(world):
    well = await world.muster(2)
    assert await world.muster(2) == well  # nothing ails them
    await world.queue.enqueue("sleep", {"seconds": 60})
    await world.until(lambda frame: frame.pel)
    world.freeze(well[0].name)
    load = world.flood("high", rate=5)
    await world.faults.kill_redis()
    others = await world.muster(2)
    assert not load.running and not any(one.alive for one in well)
    assert [one.alive for one in others] == [True, True] and not any(one.frozen for one in others)
    assert (await world.queue.snapshot()).unsettled == 0  # what was begun is no part of what begins
    await world.queue.enqueue("sleep", {"seconds": 0})
    await world.until_done()
    assert await world.muster(0) == [] and not any(one.alive for one in others)


async def test_a_dead_workers_read_takes_nothing_of_what_begins(world):
    async def wait_for_one(redis, name):
        await redis.xreadgroup("workers", name, {"{jobs}:normal": ">"}, block=60_000)

    redis = world.client()
    world.spawn(wait_for_one, "ada")
    await eventually_async(lambda: blocked(redis))
    network = world.fleet.network.process
    network.send_signal(signal.SIGSTOP)  # as if it were slow, so Redis hears of her end late
    asyncio.get_running_loop().call_later(0.3, network.send_signal, signal.SIGCONT)
    await world.muster(0)
    await redis.xadd(world.stream, {"task": "letter"})
    assert (await redis.xpending(world.stream, world.group))["pending"] == 0


async def blocked(redis):
    return (await redis.info("clients"))["blocked_clients"]


async def test_what_lasted_on_one_that_kills_itself_is_over(world):
    def kill_me(job):
        os.kill(os.getpid(), signal.SIGKILL)

    await hired(world, 2, handlers={"kill": kill_me})
    for name in ("ada", "ben"):
        world.fleet.slow(name, 2)
    await world.faults.delay("ada", 0.01)
    await world.queue.enqueue("kill", max_attempts=1)
    dead = await world.until(lambda frame: "dead" in (state(frame, "ada"), state(frame, "ben")))
    (victim,) = [worker.name for worker in dead.workers if worker.state == "dead"]
    frame = await world.recorder.next()
    assert faults(frame, victim) == []
    assert [f"{name} slow ×2" for name in ("ada", "ben") if name != victim] == [
        mark.label for mark in frame.marks if "slow" in mark.label and mark.until is None
    ]


async def test_one_that_is_fired_finishes_what_it_does_and_leaves(world):
    (member,) = await hired(world)
    job_id = await world.queue.enqueue("nap", 0.5)
    await world.until(lambda frame: frame.workers[0].jobs)  # pending is too early: it might hand it back unrun
    world.fire("ada")
    await eventually_async(lambda: not member.alive)
    assert (member.process.returncode, (await world.queue.job(job_id)).state) == (0, "done")
    assert state(await world.recorder.refresh(), "ada") == "gone"


async def test_one_that_is_fired_before_it_fetched_just_goes(world):
    (member,) = world.hire()
    world.fire("ada")
    await eventually_async(lambda: not member.alive)
