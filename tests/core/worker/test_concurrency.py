"""A worker never holds more jobs than it may run at once."""

import asyncio
import threading
from collections import Counter

import pytest
from redis.exceptions import ConnectionError

from helpers import eventually_async
from jobqueue import BadSetting, Worker
from jobqueue.keys import TIERS
from jobqueue.scripts import Transitions
from steps import ticket
from workers import blocked, done_many, enqueue_many, hang, hire, results, settled, working


# F18
async def test_a_worker_never_runs_or_holds_more_jobs_than_its_concurrency(queue):
    running, most_running, most_pending, together = 0, 0, 0, asyncio.Barrier(4)

    async def handle(job):
        nonlocal running, most_running, most_pending
        running += 1
        await together.wait()
        most_running = max(most_running, running)
        most_pending = max(most_pending, (await queue.snapshot()).total("pending"))
        running -= 1

    await enqueue_many(queue, 200)
    await hire(queue, handle, concurrency=4).run_until_idle()
    assert most_running == 4 >= most_pending
    assert (await queue.snapshot()).done == 200
    assert (await queue.redis.xinfo_stream(queue.keys.stream("normal")))["entries-added"] == 200  # none handed back


async def test_as_many_plain_handlers_run_at_once_as_the_concurrency_allows(queue):
    together = threading.Barrier(100)
    ids = await enqueue_many(queue, 100, max_attempts=1)
    await hire(queue, lambda job: together.wait(10) >= 0, concurrency=100).run_until_idle()
    assert set(await results(queue, ids)) == {True}


async def run_ten(queue, handle, transitions):
    """Run the jobs 0 to 9 one at a time, in a worker with these transitions. `handle` gets each job, and the worker."""

    async def run(job):
        handle(job, worker)

    for number in range(10):
        await queue.enqueue("task", job_id=str(number))
    worker = hire(queue, run, concurrency=1)
    worker.transitions_type = transitions
    await worker.run_until_idle()
    assert (await queue.snapshot()).done == 10


async def test_the_next_job_is_fetched_before_the_reply_that_settles_the_one_before(queue, monkeypatch):
    monkeypatch.setattr("jobqueue.runner.FRESH_SECONDS", 60)
    seventh = asyncio.Event()

    class HeldBack(Transitions):
        async def complete(self, consumer, results, ttl_ms):
            answer = await super().complete(consumer, results, ttl_ms)
            if results[0][0].id == "6":
                await seventh.wait()
            return answer

    await run_ten(queue, lambda job, worker: job.id == "7" and seventh.set(), HeldBack)


async def test_no_job_is_fetched_for_the_slot_of_one_that_redis_did_not_settle(queue, monkeypatch):
    monkeypatch.setattr("jobqueue.runner.FRESH_SECONDS", 60)
    held, failures = [], []

    class CutOff(Transitions):
        async def complete(self, consumer, results, ttl_ms):
            if results[0][0].id == "6" and not failures:
                failures.append(ConnectionError("cut off"))
                raise failures[0]
            return await super().complete(consumer, results, ttl_ms)

    await run_ten(queue, lambda job, worker: held.append(worker.running), CutOff)
    assert failures
    assert set(held) == {1}


# F19
async def test_jobs_that_a_blocked_read_brings_beyond_the_concurrency_are_handed_back(queue):
    """One XREADGROUP over three streams brings an entry of each, if they come in the same instant."""
    attempts = Counter()

    async def handle(job):
        assert (await queue.snapshot()).total("pending") == 1
        attempts[job.id, job.attempt] += 1

    async with working(hire(queue, handle, concurrency=1)):
        for _ in range(10):
            await eventually_async(lambda: settled(queue))
            await eventually_async(lambda: blocked(queue))
            async with queue.redis.pipeline(transaction=True) as together:
                for tier in TIERS:
                    together.xadd(queue.keys.stream(tier), ticket())
                await together.execute()
        await eventually_async(lambda: len(attempts) == 30)
    assert set(attempts.values()) == {1}
    assert {attempt for _, attempt in attempts} == {1}


async def test_of_several_jobs_that_come_at_once_a_blocked_read_takes_one(queue):
    async with working(hire(queue, concurrency=1)):
        await eventually_async(lambda: blocked(queue))
        async with queue.redis.pipeline(transaction=True) as together:
            for _ in range(5):
                together.xadd(queue.keys.stream("normal"), ticket())
            await together.execute()
        await eventually_async(lambda: done_many(queue, 5))
    assert (await queue.redis.xinfo_stream(queue.keys.stream("normal")))["entries-added"] == 5  # none handed back


async def test_a_full_worker_fetches_more_as_soon_as_it_is_resized(queue, monkeypatch):
    monkeypatch.setattr("jobqueue.worker.LONGEST_PAUSE", 600)
    jobs = []
    worker = hire(queue, lambda job: jobs.append(job) or hang(job), concurrency=1)
    ids = {await queue.enqueue("task", timeout=60) for _ in range(3)}
    async with working(worker):
        await eventually_async(lambda: len(jobs) == 1)
        assert set(worker.runner.held) == {jobs[0].address}
        worker.resize(3)
        await eventually_async(lambda: {job.id for job in jobs} == ids)
        assert set(worker.runner.held) == {job.address for job in jobs}
    assert not worker.runner.held


@pytest.mark.parametrize("concurrency", [0, -1, 1001])
async def test_a_concurrency_out_of_range_is_refused(queue, concurrency):
    with pytest.raises(BadSetting, match="concurrency must be from 1 to 1000"):
        Worker(queue, {}, concurrency=concurrency)
