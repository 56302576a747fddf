"""A worker keeps the lease of each job that it runs, and loses the right to settle a job with its lease."""

import asyncio
import threading
import time

import pytest

from helpers import eventually_async
from jobqueue import Queue
from jobqueue.keys import TIERS
from jobqueue.server.connect import connect
from steps import idle_seconds, pending, silence, started, ticket
from workers import done_id, hire, results, take_away_and_finish, with_witness, working


# F30
async def test_a_handler_whose_lease_is_lost_is_cancelled_and_its_outcome_discarded(queue):
    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue, reap=False, concurrency=1)
    async with working(worker):
        await witness.began.wait()
        await take_away_and_finish(queue)
        await eventually_async(lambda: witness.ended)
        assert witness.ended == "cancelled"
    status = await queue.job(job_id)
    assert (status.result, status.worker) == ("the other's", "other")
    assert (await queue.snapshot()).done == 1


@pytest.fixture
def no_heartbeat(monkeypatch):
    """No heartbeat notices that a lease is lost."""

    async def never_beat(keeper, redis):
        await asyncio.Event().wait()

    monkeypatch.setattr("jobqueue.keeper.Keeper.beat_forever", never_beat)


async def test_a_result_that_comes_after_the_lease_was_lost_is_discarded(queue, no_heartbeat):
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue, reap=False, concurrency=1)
    async with working(worker):
        await witness.began.wait()
        await take_away_and_finish(queue)
        witness.hold.set()
        await eventually_async(lambda: witness.ended == "returned" and not worker.running)
    assert await results(queue, [job_id]) == ["the other's"]
    assert (await queue.snapshot()).done == 1


async def test_a_failure_that_comes_after_the_lease_was_lost_is_discarded(queue, no_heartbeat):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def stumble(job):
        began.set()
        await go_on.wait()
        raise ValueError("too late to matter")

    job_id = await queue.enqueue("task", max_attempts=2)
    worker = hire(queue, stumble, reap=False, concurrency=1)
    async with working(worker):
        await began.wait()
        await take_away_and_finish(queue)
        go_on.set()
        await eventually_async(lambda: not worker.running)
    status = await queue.job(job_id)
    assert (status.state, status.result, status.error) == ("done", "the other's", None)


def compute(seconds):
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number = (number * 31 + 7) % 1_000_003
    return number


# F23, F33
async def test_a_handler_that_computes_for_three_leases_keeps_its_lease(queue):
    """It blocks the loop of its worker, and the worker's own reaper looks all the time."""

    async def busy(job):
        compute(1.5)
        return job.attempt

    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task")
    await hire(queue, busy).run_until_idle()
    assert await results(queue, [job_id]) == [1]
    assert (await queue.snapshot()).reaped == 0


async def test_a_handler_that_blocks_beyond_its_timeout_loses_its_lease(queue):
    """Its timeout cannot fire while it blocks the loop, so the heartbeat stops instead."""

    async def block_once(job):
        if job.attempt == 1:
            compute(1.6)
        return job.attempt

    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task", timeout=0.2)
    await hire(queue, block_once).run_until_idle()
    assert await results(queue, [job_id]) == [2]
    assert (await queue.snapshot()).reaped == 1


# F34
async def test_the_orphans_of_a_silent_worker_are_run_by_another(queue):
    await queue.set_lease(0.5)
    for tier in TIERS:
        await started(queue, "gone", tier)
    await hire(queue, lambda job: job.attempt).run_until_idle()
    now = await queue.snapshot()
    assert (now.done, now.reaped) == (3, 3)


# F12
async def test_a_restarted_worker_leaves_the_jobs_of_its_dead_namesake_to_the_reaper(queue):
    """A worker that a supervisor starts again under its old name must not run a killer forever."""
    await queue.set_lease(0.5)
    job = await started(queue, "ada", max_attempts=2)
    worker = hire(queue, lambda job: [job.attempt, job.reaped], name="ada", reap=False)
    async with working(worker):
        other = await queue.enqueue("task")
        await eventually_async(lambda: done_id(queue, other))
        assert await pending(queue) == {job.entry: "ada"}
    assert await pending(queue) == {job.entry: "ada"}
    await hire(queue, lambda job: [job.attempt, job.reaped], name="ada").run_until_idle()
    assert await results(queue, [job.id, other]) == [[2, True], [1, False]]


async def test_a_worker_whose_heartbeat_dies_logs_it_drains_and_raises(redis_url, caplog):
    def connect_but_not_for_a_keeper(url):
        if threading.current_thread() is not threading.main_thread():
            raise OSError("too many open files")
        return connect(url)

    async with Queue(redis_url, connect=connect_but_not_for_a_keeper) as queue:
        job_id = await queue.enqueue("task")
        witness, worker = with_witness(queue, grace=5)
        running = asyncio.create_task(worker.run())
        await eventually_async(lambda: "the heartbeat of" in caplog.text)
        witness.hold.set()
        with pytest.raises(OSError, match="too many open files"):
            await running
        assert (await queue.job(job_id)).state in ("done", "queued", "waiting")  # done, or never fetched


async def test_two_tiers_may_use_one_entry_id_at_the_same_time(queue):
    """As they do when jobs are added to both in the same millisecond."""
    await queue.set_lease(0.5)
    running, hold, tickets = [], asyncio.Event(), {tier: ticket() for tier in TIERS}

    async def handle(job):
        running.append(job)
        await hold.wait()
        return job.priority

    async with working(hire(queue, handle, grace=5, reap=False)):
        for tier in TIERS:
            await queue.redis.xadd(queue.keys.stream(tier), tickets[tier], id="9999999999999-0")
        await eventually_async(lambda: len(running) == 3)
        for job in running:  # a heartbeat renews each of the three leases
            await silence(queue, job)
            await eventually_async(lambda job=job: spoken_for(queue, job))
        hold.set()
    assert [(await queue.job(tickets[tier]["id"])).result for tier in TIERS] == list(TIERS)


async def spoken_for(queue, job):
    return await idle_seconds(queue, job) < 60


async def test_a_garbled_lease_setting_means_the_default_lease(redis_url):
    async with Queue(redis_url) as queue:
        await queue.redis.hset(queue.keys.settings, "lease_ms", "soon")
        assert await queue.lease() == 30
