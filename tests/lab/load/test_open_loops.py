"""An open loop offers jobs at a rate, whatever happens to them."""

import asyncio
import time

import pytest

from helpers import eventually_async
from jobqueue import BadSetting
from jobqueue.lab.traffic.load import OpenLoad, bursty, recorded, steady
from load_steps import NAP


@pytest.fixture
async def open_load(queue):
    loads = []

    def begin(arrivals, **options):
        loads.append(OpenLoad(queue, NAP, arrivals, **options))
        return loads[-1]

    yield begin
    for load in loads:
        await load.close()


async def test_so_many_are_offered_a_second(open_load):
    began, load = time.monotonic(), open_load(steady(200))
    await eventually_async(lambda: load.accepted >= 100)
    took = time.monotonic() - began
    assert took >= 0.49, "no sooner than they are due"
    assert load.accepted - 200 * (time.monotonic() - began) < 1
    assert (load.refused, load.failed) == (0, 0)


async def test_a_new_rate_takes_effect_in_the_middle_of_a_gap(open_load):
    load = open_load(steady(0.001))
    await eventually_async(lambda: load.accepted == 1)
    load.rate = 1000  # the next one was due in a quarter of an hour
    await eventually_async(lambda: load.accepted > 100)
    load.rate = 0
    assert load.rate == 0
    await eventually_async(lambda: load.accepted == load._next > load._now())  # one per tick, and all have answers
    seen = load.accepted
    await asyncio.sleep(0.1)  # there is nothing to wait for: nothing is to happen
    assert load.accepted == seen
    load.rate = 1000
    await eventually_async(lambda: load.accepted > seen + 10)
    with pytest.raises(BadSetting):
        load.rate = -5
    assert load.rate == 1000


async def test_a_burst_shares_one_call(open_load, queue):
    load = open_load(bursty(0.001, 90))
    await eventually_async(lambda: load.accepted)
    assert load.accepted == 90 == (await queue.snapshot()).total("waiting")


async def test_a_recorded_load_ends_by_itself(open_load):
    stopped = []
    load = open_load(recorded([0, 0.05, 0.1]), on_stop=lambda: stopped.append(True))
    await eventually_async(lambda: not load.running)
    assert (load.accepted, stopped) == (3, [True])
    load.stop()
    assert stopped == [True]


async def test_twice_the_rate_plays_a_recorded_load_twice_as_fast(open_load):
    load = open_load(recorded([20, 40]))
    load.rate = 1000
    await eventually_async(lambda: not load.running)
    assert load.accepted == 2


async def test_what_is_stopped_offers_no_more(open_load):
    load = open_load(steady(1000))
    await eventually_async(lambda: load.accepted)
    load.stop()
    await eventually_async(lambda: not load._tasks)
    assert "stopped" in repr(load)
    offered = load.accepted
    await asyncio.sleep(0.05)  # nothing is to happen
    assert load.accepted == offered


async def test_a_high_rate_is_kept_by_few_calls(open_load, queue):
    before = await _calls(queue)
    load = open_load(steady(2000))
    await eventually_async(lambda: load.accepted >= 1000)
    assert 0 < await _calls(queue) - before < load.accepted / 5


async def _calls(queue):
    return (await queue.redis.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0)
