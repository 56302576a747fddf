"""A producer at a server whose memory is full is refused clearly, and gets its turn when there is room."""

import asyncio

import pytest
from filling import all_done, fill, retried

from helpers import eventually_async
from jobqueue import BadJob, NewJob, QueueFullError, ServerFull, Worker
from steps import content, pending


# F46
async def test_a_full_server_refuses_each_job_clearly_and_writes_nothing(queue, full):
    await fill(queue, 2)
    await full()
    before = await content(queue)
    with pytest.raises(ServerFull, match="out of memory") as refusal:
        await queue.enqueue("task")
    assert isinstance(refusal.value, QueueFullError)
    answers = await queue.enqueue_many([NewJob("task"), NewJob(""), NewJob("task")] * 80)
    assert [type(answer) for answer in answers] == [ServerFull, BadJob, ServerFull] * 80
    with pytest.raises(ServerFull):
        await queue.enqueue("task", wait=0.1)
    assert await content(queue) == before


async def test_a_full_server_goes_on_settling_and_a_waiting_producer_gets_its_turn(queue, full):
    ids = await fill(queue, 3)
    (limit,) = (await queue.redis.config_get("maxmemory")).values()
    await full()
    waiting = asyncio.create_task(queue.enqueue("task", job_id="patient", wait=30))

    async def run(job):
        if job.payload == 0:
            raise ValueError("not this one")
        return job.payload

    worker = Worker(queue, {"task": run})
    working = asyncio.create_task(worker.run())
    await eventually_async(lambda: all_done(queue, 2))
    await eventually_async(lambda: retried(queue, 1))
    assert not waiting.done()
    await queue.redis.config_set("maxmemory", limit)
    assert await waiting == "patient"
    await eventually_async(lambda: is_done(queue, "patient"))
    worker.drain()
    await working
    assert [(await queue.job(job_id)).result for job_id in ids[1:]] == [1, 2]
    assert await pending(queue, "low") == {}


async def is_done(queue, job_id):
    return (await queue.job(job_id)).state == "done"
