"""A worker outlives a Redis that is full, killed or empty, and settles afterwards what it finished meanwhile."""

import asyncio
import time

from helpers import eventually_async
from jobqueue import Queue
from jobqueue.sandbox import Sandbox
from workers import blocked, done_id, done_many, enqueue_many, enqueued, hire, results, settled, with_witness, working


async def test_a_worker_can_start_and_work_off_a_queue_on_a_server_whose_memory_is_full(queue):
    ids = await enqueue_many(queue, 3)
    (limit,) = (await queue.redis.config_get("maxmemory")).values()
    await queue.redis.script_flush()
    await queue.redis.config_set("maxmemory", 1)
    try:
        async with Queue(queue.url) as another:
            await hire(another).run_until_idle()
    finally:
        await queue.redis.config_set("maxmemory", limit)
    assert await results(queue, ids) == [0, 2, 4]


async def test_a_server_killed_under_load_comes_back_and_every_job_is_done():
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            ids = await enqueue_many(queue, 300)

            async def handle(job):
                await asyncio.sleep(0.002)
                return job.payload

            async with working(*(hire(queue, handle, concurrency=4) for _ in range(2))):
                for at_least in (30, 100):
                    await eventually_async(lambda at_least=at_least: done_many(queue, at_least))
                    sandbox.kill()
                    await asyncio.sleep(0.3)  # an outage that lasts
                    sandbox.restart()
                await eventually_async(lambda: settled(queue))
            now = await queue.snapshot()
            assert (now.accepted, now.done, now.dead) == (300, 300, 0)
            assert await results(queue, ids) == list(range(300))
    finally:
        sandbox.stop()


async def test_a_server_that_comes_back_empty_finds_the_workers_there(sandbox, queue):
    async with working(hire(queue), hire(queue)):
        for number in range(3):
            await eventually_async(lambda: blocked(queue))
            sandbox.restart()
            job_id = await eventually_async(lambda number=number: enqueued(queue, number))
            await eventually_async(lambda job_id=job_id: done_id(queue, job_id))


async def test_a_worker_can_be_drained_while_the_server_is_away(sandbox, queue):
    await queue.enqueue("task")
    witness, worker = with_witness(queue)
    async with working(worker):
        await witness.began.wait()
        sandbox.kill()
        witness.hold.set()
        began = time.monotonic()
    assert time.monotonic() - began < 30


async def test_a_job_that_finishes_during_an_outage_is_settled_after_it():
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            job_id = await queue.enqueue("task")
            witness, worker = with_witness(queue, reap=False)
            async with working(worker):
                await witness.began.wait()
                sandbox.kill()
                witness.hold.set()
                await eventually_async(lambda: witness.ended)
                sandbox.restart()
                await eventually_async(lambda: done_id(queue, job_id))
            assert await results(queue, [job_id]) == [1]
    finally:
        sandbox.stop()
