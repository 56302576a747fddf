"""A worker that finds its consumer groups gone creates them again and loses no waiting job."""

import pytest

from helpers import eventually_async
from jobqueue.keys import GROUP
from workers import blocked, done_id, hire, with_witness, working


# F14, F15
@pytest.mark.parametrize("how", ["flushed", "one stream deleted", "group destroyed"])
async def test_a_group_that_is_gone_is_created_again(queue, how, caplog):
    ran = []

    async def handle(job):
        ran.append(job.id)

    async with working(hire(queue, handle)):
        finished = await queue.enqueue("task", priority="low")
        await eventually_async(lambda: done_id(queue, finished))
        await eventually_async(lambda: blocked(queue))
        if how == "flushed":
            await queue.redis.flushall()
        elif how == "one stream deleted":
            await queue.redis.delete(queue.keys.stream("low"))
        else:
            await queue.redis.xgroup_destroy(queue.keys.stream("low"), GROUP)
        job_id = await queue.enqueue("task", 3, priority="low")
        await eventually_async(lambda: done_id(queue, job_id))
    assert "the consumer group is gone" in caplog.text
    assert ran == [finished, job_id]


# F05
async def test_a_job_that_came_before_the_group_is_run(queue):
    await queue.redis.xgroup_destroy(queue.keys.stream("low"), GROUP)
    job_id = await queue.enqueue("task", 3, priority="low")
    async with working(hire(queue)):
        await eventually_async(lambda: done_id(queue, job_id))


async def test_a_flush_while_a_job_runs_costs_that_job_and_no_more(queue):
    await queue.enqueue("task")
    witness, worker = with_witness(queue)
    async with working(worker):
        await witness.began.wait()
        await queue.redis.flushall()
        witness.hold.set()
        job_id = await queue.enqueue("task")
        await eventually_async(lambda: done_id(queue, job_id))
    assert (await queue.snapshot()).done == 1
