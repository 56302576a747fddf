"""Offered jobs are counted as accepted, refused or failed."""

import asyncio

import pytest

from jobqueue import BadSetting
from jobqueue.errors import BadJob
from jobqueue.lab.traffic.load import closed, poisson, steady
from jobqueue.lab.world import World


async def test_a_full_tier_refuses_and_each_refusal_counts(world):
    world.limit("low", 10)
    low, high = world.load(steady(500), tier="low"), world.load(steady(100), tier="high")
    frame = await world.until(lambda frame: frame.refused >= 50)
    assert (low.tier, low.accepted, high.refused) == ("low", 10, 0)
    assert frame.refused <= low.refused
    assert frame.waiting["low"] == 10
    low.stop(), high.stop()
    assert world.recording().summary()["refused"] >= 50


async def test_a_server_without_memory_refuses_as_well_and_the_load_goes_on(world):
    load = world.load(steady(100))
    await world.until(lambda frame: frame.accepted)
    await world.faults.fill_memory()
    await world.until(lambda frame: frame.refused)
    await world.faults.free_memory()
    accepted = load.accepted
    await world.until(lambda frame: load.accepted > accepted)
    assert load.running and load.failed == 0


@pytest.mark.slow
async def test_a_server_that_is_away_ends_no_load(world):
    world.hire()
    crowd, clients = world.load(poisson(100)), world.load(closed(3))
    await world.until(lambda frame: crowd.accepted and clients.accepted)
    await world.faults.kill_redis()
    await world.until(lambda frame: crowd.failed and clients.failed)
    await world.faults.restart_redis()
    seen = crowd.accepted, clients.accepted
    await world.until(lambda frame: crowd.accepted > seen[0] and clients.accepted > seen[1])


async def test_a_schedule_that_could_not_be_kept_is_admitted(world):
    load = world.load(steady(100))
    await world.until(lambda frame: load.accepted)
    late = load.late  # a busy machine may have been late already
    await world.faults.pause_redis(0.5)
    await world.until(lambda frame: load.late >= late + 20)
    assert load.failed == 0, "they were offered all the same"


async def test_a_flood_is_a_fault_until_it_is_stopped(world):
    flood = world.flood("low", 300)
    frame = await world.until(lambda frame: frame.waiting["low"] >= 30)
    [mark] = frame.marks
    assert (mark.label, mark.fault, mark.until) == ("flood of low, 300 jobs/s", True, None)
    flood.stop()
    [mark] = (await world.recorder.refresh()).marks
    assert mark.until >= mark.t


async def test_a_job_that_nobody_could_enqueue_is_refused_at_once(world):
    for options in ({"payload": {1}}, {"tier": "urgent"}, {"max_attempts": 0}, {"task": ""}):
        with pytest.raises(BadJob):
            world.load(steady(1), **options)
    with pytest.raises(BadSetting, match="job_id"):
        world.load(steady(1), job_id="mine")
    with pytest.raises(TypeError):
        world.load(steady(1), wait=1)
    assert world.traffic.loads == []


async def test_the_limit_of_one_tier_leaves_the_others(world):
    world.limit("low", (5, 10))
    world.limit("high", 3)
    assert world.recorder.capacity == {"high": (2, 3), "low": (5, 10)}
    with pytest.raises(BadSetting):
        world.limit("low", (10, 5))
    world.limit("low", None)
    assert world.recorder.capacity == {"high": (2, 3)}


async def test_loads_end_with_their_world_even_while_redis_stands_still():
    async with World() as world:
        world.hire()
        loads = [world.load(poisson(200)), world.load(closed(5)), world.flood("low")]
        await world.until(lambda frame: all(load.accepted for load in loads))
        await world.faults.pause_redis(600)  # longer than a test may take: its end can't be what the loads wait for
        await world.until(lambda frame: frame.redis == "paused")
    assert not any(load.running or load._tasks for load in loads)
    assert asyncio.all_tasks() == {asyncio.current_task()}
