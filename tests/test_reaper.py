"""The reaper: it finds every stale entry, by the clock, and leaves alone what only looks stale."""

import asyncio
import contextlib
import time

import pytest

from helpers import eventually_async
from jobqueue import Queue
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from jobqueue.sandbox import Sandbox
from steps import pending, silence, started, take, tickets


@contextlib.asynccontextmanager
async def reaping(queue):
    redis = queue.connect(queue.url)
    task = asyncio.create_task(Reaper(redis, queue.keys).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await redis.aclose()


@pytest.fixture
def reaper(queue):
    return Reaper(queue.redis, queue.keys)


async def deliver(queue, count, consumer, tier="normal"):
    for number in range(count):
        await queue.enqueue("task", number, priority=tier)
    return await take(queue, consumer, tier, count)


async def waiting(queue):
    return (await queue.snapshot()).total("waiting")


async def test_hundreds_of_stale_entries_are_found_among_hundreds_that_are_fresh(queue, reaper):
    jobs = await deliver(queue, 500, "ada")
    stale = [job for number, job in enumerate(jobs) if number >= 110 and number % 2]
    for job in stale:
        await silence(queue, job)
    assert await reaper.reap() == len(stale) == 195
    assert [job.payload for job in await take(queue, "ben", count=500)] == [job.payload for job in stale]
    assert list((await pending(queue)).values()).count("ada") == 500 - 195


async def test_fresh_entries_cost_no_script_each(queue, reaper):
    await deliver(queue, 300, "ada")
    await queue.redis.config_resetstat()
    assert await reaper.reap() == 0
    assert "cmdstat_evalsha" not in await queue.redis.info("commandstats")


async def test_every_tier_is_reaped_and_a_second_pass_finds_nothing(queue, reaper):
    for tier in TIERS:
        await silence(queue, await started(queue, "gone", tier))
    assert (await reaper.reap(), await reaper.reap()) == (3, 0)
    assert [[job.attempt for job in await tickets(queue, tier)] for tier in TIERS] == [[2], [2], [2]]


async def test_several_reapers_at_once_take_each_entry_once(queue, reaper):
    for job in await deliver(queue, 250, "gone"):
        await silence(queue, job)
    others = [Reaper(queue.redis, queue.keys) for _ in range(2)]
    taken = await asyncio.gather(*(one.reap() for one in (reaper, *others)))
    assert (sum(taken), await waiting(queue)) == (250, 250)


async def test_the_lease_is_the_one_in_redis(queue, reaper):
    job = await started(queue, "ada")
    await silence(queue, job, 20)
    assert await reaper.reap() == 0
    await queue.set_lease(10)
    assert await reaper.reap() == 1


async def test_an_empty_server_is_nothing_to_worry_about(queue, reaper):
    await queue.redis.flushall()
    assert (await reaper.reap(), await reaper.promote()) == (0, 1.0)


async def test_a_reaper_waits_for_one_lease_before_it_believes_that_anyone_is_silent(queue):
    await queue.set_lease(0.6)
    await silence(queue, await started(queue, "ada"))
    began = time.monotonic()
    async with reaping(queue):
        await eventually_async(lambda: waiting(queue))
    assert 0.6 <= time.monotonic() - began < 5


async def test_after_an_outage_it_waits_for_one_lease_again():
    """After one, the jobs of the living look stale as well: they could not renew."""
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            await queue.set_lease(0.6)
            await started(queue, "gone")
            async with reaping(queue):
                await eventually_async(lambda: waiting(queue))  # it has reaped, and so it is connected
                (job,) = await take(queue, "ada")
                sandbox.kill()
                await asyncio.sleep(0.7)  # longer than the lease
                sandbox.restart()
                back = time.monotonic()
                assert await pending(queue) == {job.entry: "ada"}
                await eventually_async(lambda: waiting(queue))
                assert 0.6 <= time.monotonic() - back < 5
    finally:
        sandbox.stop()


async def test_a_cut_connection_does_not_end_it(queue):
    await queue.set_lease(0.5)
    async with reaping(queue):
        for _ in range(3):
            await queue.redis.client_kill_filter(_type="normal", skipme=True)
            await silence(queue, await started(queue, "gone"))
            await eventually_async(lambda: waiting(queue))
            await take(queue, "ada")


async def test_a_delayed_job_becomes_waiting_when_it_is_due_and_no_sooner(queue):
    job = await started(queue)
    await queue.transitions.retry("me", job, 400, "it broke")
    began = time.monotonic()
    async with reaping(queue):
        await eventually_async(lambda: waiting(queue))
    assert 0.35 < time.monotonic() - began < 2


async def test_it_asks_again_when_the_next_is_due_but_not_more_than_once_a_second(queue, reaper):
    assert await reaper.promote() == 1.0
    await queue.transitions.retry("me", await started(queue), 60_000, "it broke")
    assert await reaper.promote() == 1.0
    await queue.transitions.retry("me", await started(queue), 500, "it broke")
    assert 0 < await reaper.promote() <= 0.5


@pytest.mark.long
async def test_who_has_been_silent_for_long_and_holds_nothing_is_forgotten(queue, reaper):
    await queue.set_lease(0.5)
    await take(queue, "gone")
    job = await started(queue, "holder")

    async def names():
        await take(queue, "ada", "high")
        await reaper._forget_the_gone(500)
        return {info["name"] for info in await queue.redis.xinfo_consumers(queue.keys.stream("normal"), GROUP)}

    assert await names() == {b"gone", b"holder"}
    await eventually_async(lambda: only_the_holder(names), timeout=90)
    assert await pending(queue) == {job.entry: "holder"}


async def only_the_holder(names):
    return await names() == {b"holder"}
