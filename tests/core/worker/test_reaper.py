"""The reaper: it finds every stale entry, by the clock, and leaves alone what only looks stale."""

import asyncio
import contextlib
import logging
import time

import pytest

from helpers import eventually_async
from jobqueue import Queue, Worker
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from jobqueue.sandbox import Sandbox
from steps import add_raw, pending, silence, started, take, tickets
from workers import working


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


# F27
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
    assert (await queue.redis.info("commandstats"))["cmdstat_evalsha"]["calls"] == 1  # what the lease is


# F10
async def test_every_tier_is_reaped_and_a_second_pass_finds_nothing(queue, reaper):
    for tier in TIERS:
        await silence(queue, await started(queue, "gone", tier))
    assert (await reaper.reap(), await reaper.reap()) == (3, 0)
    assert [[job.attempt for job in await tickets(queue, tier)] for tier in TIERS] == [[2], [2], [2]]


# F28, F29
async def test_several_reapers_at_once_take_each_entry_once(queue, reaper):
    for job in await deliver(queue, 250, "gone"):
        await silence(queue, job)
    others = [Reaper(queue.redis, queue.keys) for _ in range(2)]
    taken = await asyncio.gather(*(one.reap() for one in (reaper, *others)))
    assert (sum(taken), await waiting(queue)) == (250, 250)


async def test_the_lease_is_the_one_in_redis(queue, reaper):
    await queue.set_lease(10)
    for seconds, taken in ((9, 0), (11, 1)):
        await silence(queue, await started(queue, "ada"), seconds)
        assert await reaper.reap() == taken


async def test_a_shorter_lease_counts_after_one_old_lease_once_there_are_workers(queue, reaper):
    """Their heartbeats come three times a lease, and learn of the new one only then."""
    await queue.set_lease(3)
    job = await started(queue, "ada")
    began = time.monotonic()
    await queue.set_lease(0.5)
    assert await queue.lease() == 0.5
    for seconds, taken in ((2, 0), (4, 1)):
        await silence(queue, job, seconds)
        assert await reaper.reap() == taken
    (again,) = await take(queue, "ada")
    while time.monotonic() - began < 1:
        await silence(queue, again, 0.6)  # longer than the new lease, and not so long that the old one ends before 3 s
        assert await reaper.reap() == 0
    await eventually_async(reaper.reap)
    assert time.monotonic() - began >= 3


async def test_a_longer_lease_counts_at_once_and_a_garbled_patience_not_at_all(queue, reaper):
    await queue.set_lease(2)
    job = await started(queue, "ada")
    await queue.set_lease(0.5)
    await queue.set_lease(20)
    await silence(queue, job, 15)
    assert await reaper.reap() == 0
    now_ms = (await queue.redis.time())[0] * 1000
    for old, until in (("x", now_ms), ("1000", "inf"), ("99999999", now_ms + 10**9), ("1000", "nan"), ("600", "x")):
        await queue.redis.hset(queue.keys.settings, mapping={"old_lease_ms": old, "old_until_ms": until})
        assert await queue.transitions.leases() == (20, 20, 1)


# F23
async def test_a_lease_that_is_shortened_costs_no_living_worker_its_jobs(queue):
    """Also if the reaper is one that has never heard of the old lease."""
    await queue.set_lease(6)  # the beats for it come too seldom for the next one
    attempts = []

    async def slow(job):
        attempts.append(job.attempt)
        await asyncio.sleep(5)

    async with working(Worker(queue, {"slow": slow}, reap=False)):
        for _ in range(5):
            await queue.enqueue("slow")
        await eventually_async(lambda: len(attempts) == 5)
        await queue.set_lease(1.5)
        async with reaping(queue):
            await eventually_async(lambda: all_done(queue, 5), timeout=20)
    assert (attempts, (await queue.snapshot()).reaped) == ([1] * 5, 0)


async def all_done(queue, count):
    return (await queue.snapshot()).done == count


# F23
@pytest.mark.slow
async def test_a_heartbeat_comes_three_times_a_lease(queue):
    await queue.set_lease(3)
    began = asyncio.Event()

    async def slow(job):
        began.set()
        await asyncio.sleep(3.5)

    async with working(Worker(queue, {"slow": slow}, reap=False)):
        await queue.redis.config_resetstat()
        job_id = await queue.enqueue("slow")
        await queue.result(job_id, timeout=20)
        claims = (await queue.redis.info("commandstats"))["cmdstat_xclaim"]["calls"]
    assert 3 <= claims <= 5, "at once, and each second"


@pytest.mark.parametrize("bad", ["reaped", "delayed"])
async def test_one_that_cannot_be_moved_is_reported_once_and_holds_up_no_other(queue, caplog, bad):
    await queue.redis.config_resetstat()
    await queue.set_lease(0.5)
    await queue.redis.set(queue.keys.dead, "no stream")
    if bad == "reaped":
        await add_raw(queue, {"no": "ticket"}, consumer="gone")
        await started(queue, "gone")
    else:
        await queue.redis.zadd(queue.keys.delayed("normal"), {"no ticket": 1})
        await queue.transitions.retry("me", await started(queue), 1, "it broke")
    async with reaping(queue):
        await eventually_async(lambda: waiting(queue))
        await eventually_async(lambda: failed_thrice(queue))
        assert await waiting(queue) == 1
    [record] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert "cannot be " in record.getMessage() and "WRONGTYPE" in record.getMessage()


async def failed_thrice(queue):
    return (await queue.redis.info("errorstats")).get("errorstat_WRONGTYPE", {}).get("count", 0) >= 3


# F34
async def test_it_looks_when_a_lease_can_run_out_and_seldom_when_nothing_is_pending(queue):
    await queue.set_lease(2)
    reaper = Reaper(queue.redis, queue.keys)
    reaper._connected_at = time.monotonic() - 2
    assert await reaper._reap_due() == 2.5
    job = await started(queue, "ada")
    for seconds, soonest in ((0, 1), (0.5, 1), (1.7, 0.3), (1.95, 0.05)):
        await silence(queue, job, seconds)
        assert await reaper._reap_due() == pytest.approx(soonest, abs=0.04)
    await silence(queue, job, 2)
    assert (await reaper._reap_due(), await waiting(queue)) == (0, 1)


async def test_an_empty_server_is_nothing_to_worry_about(queue, reaper):
    await queue.redis.flushall()
    assert (await reaper.reap(), await reaper.promote()) == (0, 1.0)


async def test_a_reaper_waits_for_one_lease_before_it_believes_that_anyone_is_silent(queue):
    await queue.set_lease(0.6)
    await silence(queue, await started(queue, "ada"))
    began = time.monotonic()
    async with reaping(queue):
        await eventually_async(lambda: waiting(queue))
    assert time.monotonic() - began >= 0.6


# F23
async def test_after_an_outage_it_waits_for_one_lease_again():
    """After one, the jobs of the living look stale as well: they could not renew."""
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            await queue.set_lease(0.6)
            await started(queue, "gone")
            async with reaping(queue):
                await eventually_async(lambda: waiting(queue))  # it has reaped, and so it is connected
                await take(queue, "ada")
                sandbox.kill()
                await asyncio.sleep(0.7)  # longer than the lease
                sandbox.restart()
                back = time.monotonic()
                await eventually_async(lambda: waiting(queue))
                assert time.monotonic() - back >= 0.6
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
    assert time.monotonic() - began > 0.35


async def test_it_asks_again_when_the_next_is_due_but_not_more_than_once_a_second(queue, reaper):
    assert await reaper.promote() == 1.0
    await queue.transitions.retry("me", await started(queue), 60_000, "it broke")
    assert await reaper.promote() == 1.0
    await queue.transitions.retry("me", await started(queue), 500, "it broke")
    assert 0 < await reaper.promote() <= 0.5


# F11
@pytest.mark.long
async def test_who_has_been_silent_for_long_and_holds_nothing_is_forgotten(queue, reaper):
    await queue.set_lease(0.5)
    await take(queue, "gone")
    job = await started(queue, "holder")

    async def names():
        await take(queue, "ada", "high")
        await reaper.forget()
        return {info["name"] for info in await queue.redis.xinfo_consumers(queue.keys.stream("normal"), GROUP)}

    assert await names() == {b"gone", b"holder"}
    await eventually_async(lambda: only_the_holder(names), timeout=90)
    assert await pending(queue) == {job.entry: "holder"}


async def only_the_holder(names):
    return await names() == {b"holder"}
