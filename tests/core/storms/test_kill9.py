"""kill -9 of real worker processes at random moments: every job is done, and every result is right.

Every day a few; `pytest -m chaos tests/core/storms/test_kill9.py` for fifty.
"""

import asyncio
import random
from collections import Counter

import pytest
from crew import Crew

import recovery
from helpers import eventually_async
from jobqueue.keys import TIERS
from steps import pending
from worker_process import compute_digest


async def done(queue, at_least):
    return (await queue.snapshot()).done >= at_least


async def have_begun(queue, workers):
    """Whether each of them fetches. Before that, SIGTERM ends it as it ends any program."""
    asked = [queue.redis.xinfo_consumers(queue.keys.stream(tier), "workers") for tier in TIERS]
    names = [consumer["name"].decode() for consumers in await asyncio.gather(*asked) for consumer in consumers]
    return all(any(f"-{worker.pid}-" in name for name in names) for worker in workers)


async def run(queue, seed, jobs, kills):
    rng = random.Random(seed)
    await queue.set_lease(0.5)
    numbers = {
        await queue.enqueue("digest", number, priority=rng.choice(TIERS), max_attempts=50): number
        for number in range(jobs)
    }
    crew = Crew(queue, 3)
    try:
        for threshold in sorted(rng.sample(range(1, jobs * 3 // 4), kills)):
            await eventually_async(lambda threshold=threshold: done(queue, threshold), timeout=60)
            await asyncio.sleep(rng.uniform(0, 0.05))
            crew.kill(rng)
        await eventually_async(lambda: done(queue, jobs), timeout=60)
        await eventually_async(lambda: have_begun(queue, crew.workers), timeout=60)
        codes = await crew.drain()
    finally:
        crew.end()
    assert codes == [0] * 3
    return numbers


async def check(queue, numbers):
    now = await queue.snapshot()
    assert (now.accepted, now.done, now.dead, now.unsettled) == (len(numbers), len(numbers), 0, 0)
    assert [await pending(queue, tier) for tier in TIERS] == [{}] * 3
    ends = {job_id: await queue.job(job_id) for job_id in numbers}
    assert Counter(end.state for end in ends.values()) == {"done": len(numbers)}
    assert {job_id: end.result for job_id, end in ends.items()} == {
        job_id: compute_digest(number) for job_id, number in numbers.items()
    }
    assert now.reaped > 0, "no kill hit a worker that held a job: this run has proved nothing"
    assert max(end.attempt for end in ends.values()) > 1


# F10, F20, F36
async def test_five_kills_lose_no_job_and_spoil_no_result(queue):
    await check(queue, await run(queue, seed=9, jobs=300, kills=5))


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(3))
async def test_fifty_kills_lose_no_job_and_spoil_no_result(queue, seed):
    await check(queue, await run(queue, seed=seed, jobs=4000, kills=50))


@pytest.mark.long
@pytest.mark.parametrize("survivors", [1, 3])
async def test_a_killed_workers_job_runs_again_within_a_second_after_its_lease(survivors):
    assert max(await recovery.measure(survivors, lease=2, kills=5)) < 1
