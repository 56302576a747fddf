"""A refused producer is told when to come back, or waits until there is room."""

import asyncio
import time

import pytest
from filling import depth, fill, settle

from helpers import eventually_async
from jobqueue import BadJob, QueueFullError
from jobqueue.admission import LONGEST_WAIT, SHORTEST_WAIT, UNKNOWN_WAIT, DrainRate


def test_the_suggested_wait_follows_from_the_drain_between_two_refusals():
    rate = DrainRate()
    assert rate.retry_after("low", 5, 100, 1_000_000) == UNKNOWN_WAIT
    assert rate.retry_after("low", 20, 110, 1_002_000) == 4.0  # five a second
    assert rate.retry_after("low", 20, 150, 1_004_000) == 1.0  # twenty a second: only the last span counts
    assert rate.retry_after("high", 5, 0, 1_004_000) == UNKNOWN_WAIT  # each tier by itself
    assert rate.retry_after("low", 20, 150, 1_006_000) == UNKNOWN_WAIT  # it stands still
    assert rate.retry_after("low", 20, 3, 1_008_000) == UNKNOWN_WAIT  # a flushed server
    assert rate.retry_after("low", 20, 4, 1_010_000) == 40.0
    assert rate.retry_after("low", 1000, 5, 1_012_000) == LONGEST_WAIT
    assert rate.retry_after("low", 1, 1_000_000, 1_014_000) == SHORTEST_WAIT


def test_a_quiet_minute_between_two_floods_is_not_taken_for_a_slow_drain():
    rate = DrainRate()
    rate.retry_after("low", 5, 100, 1_000_000)
    assert rate.retry_after("low", 20, 200, 1_002_000) == 0.4  # fifty a second
    assert rate.retry_after("low", 20, 300, 1_062_000) == 0.4  # the tier was empty most of the time
    assert rate.retry_after("low", 20, 340, 1_064_000) == 1.0


async def test_a_refusal_estimates_from_how_fast_the_tier_drains(bounded):
    queue = await bounded(low=(10, 20))
    await fill(queue, 20)

    async def refused():
        with pytest.raises(QueueFullError) as refusal:
            await queue.enqueue("task", priority="low")
        return refusal.value

    before = time.monotonic()
    assert (await refused()).retry_after == UNKNOWN_WAIT
    after = time.monotonic()
    await asyncio.sleep(0.3)  # the time in which these five were done
    await settle(queue, 5)
    shortest = time.monotonic() - after
    error = await refused()
    longest = time.monotonic() - before
    assert error.depth == 15
    assert shortest - 0.01 <= error.retry_after <= longest + 0.01  # five more are to go, and five took this long


async def test_a_producer_may_wait_for_room(bounded):
    queue = await bounded(low=1)
    await fill(queue, 1)
    before = await scripts_run(queue)
    waiting = asyncio.create_task(queue.enqueue("task", priority="low", job_id="patient", wait=20))
    await eventually_async(lambda: has_asked(queue, before))
    await settle(queue, 1)
    async with asyncio.timeout(5):
        assert await waiting == "patient"
    assert (await queue.job("patient")).state == "waiting"


async def has_asked(queue, before):
    return await scripts_run(queue) > before


async def scripts_run(queue):
    return (await queue.redis.info("commandstats"))["cmdstat_evalsha"]["calls"]


async def test_a_producer_that_waited_too_long_is_refused(bounded):
    queue = await bounded(low=1)
    await fill(queue, 1)
    began = time.monotonic()
    with pytest.raises(QueueFullError):
        await queue.enqueue("task", priority="low", wait=0.3)
    assert time.monotonic() - began >= 0.3
    assert await depth(queue) == 1


async def test_a_producer_waits_for_room_and_for_no_other_trouble(bounded):
    queue = await bounded(low=1)
    async with asyncio.timeout(1):
        with pytest.raises(BadJob):
            await queue.enqueue("", wait=60)
