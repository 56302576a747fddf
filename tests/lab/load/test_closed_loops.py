"""A closed loop offers the next job when one is done."""

import asyncio

import pytest

from helpers import eventually_async
from jobqueue import BadSetting
from jobqueue.lab.traffic.load import ClosedLoad, closed
from load_steps import NAP


async def test_clients_wait_for_their_results_before_they_ask_again(world):
    world.hire(concurrency=4)
    load = world.load(closed(3), payload={"seconds": 0.02})
    await world.until(lambda frame: load.answered >= 20)
    depths = [sum(frame.waiting.values()) + sum(frame.pending.values()) for frame in world.recorder.frames]
    assert max(depths) == 3
    assert 0 <= load.accepted - load.answered <= 3


async def test_clients_think(queue):
    load = ClosedLoad(queue, NAP, closed(2, think=60))
    await eventually_async(lambda: load.accepted == 2)
    for row in await queue.redis.xrange(queue.keys.stream("normal")):
        assert await queue.cancel(row[1][b"id"].decode())
    await eventually_async(lambda: load.answered == 2)
    await asyncio.sleep(0.05)  # nothing is to happen
    assert load.accepted == 2
    await load.close()


async def test_clients_come_and_go(world):
    world.hire(concurrency=16)
    load = world.load(closed(2), payload={"seconds": 0.02})
    load.clients = 8
    await world.until(lambda frame: sum(frame.pending.values()) == 8)
    load.clients = 1
    await eventually_async(lambda: len(load._tasks) == 1)
    load.clients = 0
    await eventually_async(lambda: not load._tasks)
    load.clients = 3
    await eventually_async(lambda: len(load._tasks) == 3)
    with pytest.raises(BadSetting):
        load.clients = -1


async def test_clients_who_are_stopped_wait_for_no_result(queue):
    load = ClosedLoad(queue, NAP, closed(5))  # and nobody is there to give them one
    await eventually_async(lambda: load.accepted == 5)
    load.stop()
    await eventually_async(lambda: not load._tasks)


async def test_clients_who_are_refused_come_again_later(world):
    world.limit("normal", 1)
    world.hire(concurrency=1)
    load = world.load(closed(4), payload={"seconds": 0.01})
    await world.until(lambda frame: load.refused and load.answered >= 3)
    assert load.running


async def test_a_job_that_is_dead_is_an_answer_as_well(world):
    world.hire()
    load = world.load(closed(2), "fail", max_attempts=1)
    await world.until(lambda frame: load.answered >= 4)
    assert load.failed == 0
