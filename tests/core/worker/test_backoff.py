"""Retries are spread by a backoff with jitter, and hold no slot of a worker while they wait."""

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from helpers import eventually_async
from jobqueue import Worker
from jobqueue.policies import backoff
from steps import promoted, started, take


# F53
@given(st.integers(1, 1000), st.integers(0, 2**32))
def test_a_backoff_is_within_its_bound_and_its_bound_never_shrinks_nor_exceeds_a_minute(attempt, seed):
    class Most(random.Random):
        def uniform(self, least, most):
            assert least == 0
            return most

    bound, next_bound = backoff(attempt, Most()), backoff(attempt + 1, Most())
    assert 0 <= backoff(attempt, random.Random(seed)) <= bound <= next_bound <= 60
    assert next_bound in (2 * bound, 60)


# F35, F54
async def test_a_retry_waits_as_long_as_its_backoff_and_holds_no_slot_meanwhile(queue):
    async def fail(job):
        raise ValueError("again")

    for attempt in (1, 2, 7):
        rng, expected = random.Random(attempt), backoff(attempt, random.Random(attempt))
        job = await started(queue, "gone", max_attempts=9, job_id=f"of_attempt_{attempt}")
        for _ in range(attempt - 1):
            await queue.transitions.retry("gone", job, 0, "")
            await promoted(queue)
            (job,) = await take(queue, "gone")
        await queue.transitions.release("gone", "normal", job.entry)
        worker = Worker(queue, {"task": fail}, rng=rng, concurrency=1, reap=False)
        working = asyncio.create_task(worker.run())
        due = await eventually_async(lambda job=job: delayed_until(queue, job))
        seconds, microseconds = await queue.redis.time()
        left = due / 1000 - seconds - microseconds / 1e6
        assert expected - 1 < left <= expected + 0.01
        assert (await queue.snapshot()).total("pending") == 0
        worker.drain()
        await working
        await queue.cancel(job.id)


async def delayed_until(queue, job):
    status = await queue.job(job.id)
    return status.state == "delayed" and float(await queue.redis.hget(queue.keys.job(job.id), "due_ms"))
