"""The tasks that the jobs of the lab may be."""

import time

import pytest

from helpers import eventually_async, running
from jobqueue.errors import JobFailed


async def result(world, task, payload=None, **options):
    return await world.queue.result(await world.queue.enqueue(task, payload, **options), 20)


async def test_honest_tasks(world):
    world.hire()
    assert await result(world, "sleep", {"seconds": 0.01}) == 0.01
    assert await result(world, "sleep") == 0.1
    began = time.monotonic()
    assert await result(world, "compute", {"seconds": 0.1}) > 0
    assert time.monotonic() - began >= 0.1


async def test_tasks_that_fail(world):
    world.hire()
    assert await result(world, "flaky", {"fails": 1}) == 2
    with pytest.raises(JobFailed, match="attempt 1 failed, as it was asked to"):
        await result(world, "fail", max_attempts=1)
    with pytest.raises(JobFailed, match=r"no answer within 0\.2 s"):
        await result(world, "hang", max_attempts=1, timeout=0.2)


async def test_a_killer_takes_its_worker_along(world):
    [ada] = world.hire()
    await world.queue.enqueue("kill")
    await world.until(lambda frame: frame.workers[0].state == "dead", alone=True)
    assert not running(ada.pid)
    assert world.fleet.began().total() == 1, "its begin is in the log"


async def test_an_effect_really_happens_once_an_attempt(world):
    world.hire()
    assert [await result(world, "effect", {"key": "paid"}) for _ in range(3)] == [1, 2, 3]
    job_id = await world.queue.enqueue("effect", {"key": "sent", "seconds": 60})
    await eventually_async(lambda: world.queue.redis.get("sent"))
    world.kill("ada")
    world.hire()
    await world.until(lambda frame: any(worker.jobs for worker in frame.workers))
    await eventually_async(lambda: _is(world, "sent", b"2"))
    assert (await world.queue.job(job_id)).state == "pending"


async def _is(world, key, value):
    return await world.queue.redis.get(key) == value
