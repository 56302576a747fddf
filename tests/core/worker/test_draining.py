"""A draining worker finishes what it can within its grace, hands back the rest, and leaves."""

import asyncio
import contextlib
import random
import threading
import time

import pytest

from helpers import eventually_async
from jobqueue import Worker
from jobqueue.keys import GROUP, TIERS
from steps import tickets
from workers import blocked, done_many, enqueue_many, hire, with_witness, working


async def test_a_drained_worker_finishes_what_it_runs_and_fetches_nothing_more(queue):
    first, second = await queue.enqueue("task", 1), await queue.enqueue("task", 2)
    witness, worker = with_witness(queue, concurrency=1, grace=10)
    async with working(worker):
        await witness.began.wait()
        worker.drain()
        asyncio.get_running_loop().call_later(0.1, witness.hold.set)
    assert [(await queue.job(job_id)).state for job_id in (first, second)] == ["done", "waiting"]
    assert await consumers(queue) == set()


async def test_a_job_delivered_as_the_drain_begins_is_handed_back_unrun(queue):
    def drain_and_pick(heads):
        worker.drain()
        return "high"

    ids = [await queue.enqueue("task", priority=tier) for tier in ("high", "low")]
    worker = hire(queue, policy=drain_and_pick, grace=10)
    await worker.run()
    assert [(await queue.job(job_id)).state for job_id in ids] == ["waiting"] * 2
    assert (await queue.redis.xinfo_stream(queue.keys.stream("high")))["entries-added"] == 2
    assert [job.attempt for job in await tickets(queue, "high")] == [1]


async def consumers(queue):
    return {
        info["name"] for tier in TIERS for info in await queue.redis.xinfo_consumers(queue.keys.stream(tier), GROUP)
    }


# F67
async def test_at_its_deadline_a_draining_worker_hands_back_the_rest_without_using_an_attempt(queue):
    await enqueue_many(queue, 5)
    witness, worker = with_witness(queue, grace=0.1, concurrency=3)
    async with working(worker):
        await witness.began.wait()
        await eventually_async(lambda: worker.running == 3)
        worker.drain()
    assert witness.ended == "cancelled"
    assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(1, False)] * 5
    assert (await queue.snapshot()).total("waiting") == 5
    released = [fields[b"released"] for _, fields in await queue.redis.xrange(queue.keys.stream("normal"))]
    assert released == [b"0"] * 2 + [b"1"] * 3  # it is counted, or a job longer than every grace would never end


async def test_jobs_in_threads_are_handed_back_although_their_threads_go_on(queue):
    release, began = threading.Event(), threading.Event()

    def stubborn(job):
        began.set()
        release.wait()

    job_id = await queue.enqueue("task")
    try:
        async with working(hire(queue, stubborn)):
            await eventually_async(began.is_set)
        assert (await queue.job(job_id)).state == "waiting"
    finally:
        release.set()


async def test_a_handler_that_ignores_its_cancellation_cannot_keep_a_worker_from_leaving(queue, monkeypatch, caplog):
    monkeypatch.setattr(Worker, "patience", 0.1)
    began, release = asyncio.Event(), asyncio.Event()

    async def stubborn(job):
        while not release.is_set():
            began.set()
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    job_id = await queue.enqueue("task")
    try:
        async with working(hire(queue, stubborn)):
            await began.wait()
        assert "left 1 attempts to the reaper" in caplog.text
        assert (await queue.job(job_id)).state == "pending"
    finally:
        release.set()


@pytest.fixture
def long_reads(monkeypatch):
    """A fetch blocks for longer than it takes any machine to end it."""
    monkeypatch.setattr("jobqueue.worker.BLOCK_SECONDS", 9.0)


async def test_a_blocked_read_is_ended_at_once(queue, long_reads):
    worker = hire(queue)
    async with working(worker):
        await eventually_async(lambda: blocked(queue))
        began = time.monotonic()
        worker.drain()
    assert time.monotonic() - began < 5


async def test_a_drain_at_any_moment_of_a_workers_start_ends_at_once(queue, long_reads):
    rng = random.Random(7)
    for _ in range(40):
        worker = hire(queue, reap=False)
        async with working(worker):
            await asyncio.sleep(rng.uniform(0, 0.004))
            began = time.monotonic()
        assert time.monotonic() - began < 5


async def test_no_job_is_lost_or_held_when_jobs_arrive_while_workers_drain(queue):
    rng, stop = random.Random(8), asyncio.Event()

    async def produce():
        while not stop.is_set():
            await queue.enqueue("task", 1, priority=rng.choice(TIERS))
            await asyncio.sleep(rng.uniform(0, 0.002))

    producer = asyncio.create_task(produce())
    rounds = 0
    while rounds < 50 or not await done_many(queue, 51):  # on a loaded machine a worker needs longer to get going
        rounds += 1
        async with working(hire(queue, reap=False, concurrency=rng.choice([1, 2, 16]), grace=1)):
            await asyncio.sleep(rng.uniform(0, 0.0004 * rounds))
    stop.set()
    await producer
    now = await queue.snapshot()
    assert (now.total("pending"), now.total("delayed"), now.dead) == (0, 0, 0)
    assert now.accepted == now.done + now.total("waiting")
    assert {job.attempt for tier in TIERS for job in await tickets(queue, tier)} <= {1}


async def test_a_worker_that_is_cancelled_hands_back_its_jobs(queue):
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue)
    running = asyncio.create_task(worker.run())
    await witness.began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert witness.ended == "cancelled"
    assert (await queue.job(job_id)).state == "waiting"


async def test_a_worker_that_is_cancelled_again_while_it_hands_back_leaves_no_task_behind(queue, monkeypatch):
    monkeypatch.setattr(Worker, "patience", 0.2)
    began, release = asyncio.Event(), asyncio.Event()

    async def stubborn(job):
        while not release.is_set():
            began.set()
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    job_id = await queue.enqueue("task")
    before = asyncio.all_tasks()
    running = asyncio.create_task(hire(queue, stubborn).run())
    await began.wait()
    for _ in range(2):
        running.cancel()
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await running
    release.set()
    await eventually_async(lambda: asyncio.all_tasks() <= before)
    assert (await queue.job(job_id)).state == "pending"
