"""A worker whose connection is cut reconnects, and hands back the jobs of a reply that never arrived."""

import asyncio

from helpers import eventually_async
from jobqueue.keys import GROUP, TIERS
from steps import pending, ticket, tickets
from workers import blocked, cut_connections, done_id, done_many, enqueue_many, hire, results, settled, working


async def test_cut_connections_cost_neither_a_worker_nor_a_job(queue):
    cuts = 0

    async def handle(job):
        await asyncio.sleep(0.005)
        return job.payload

    async with working(hire(queue, handle, concurrency=4), hire(queue, handle, concurrency=4)):
        ids = []
        for batch in range(8):
            ids += await enqueue_many(queue, 20)
            await eventually_async(lambda batch=batch: done_many(queue, batch * 20 + 1))
            await cut_connections(queue)
            cuts += 1
        await eventually_async(lambda: settled(queue))
    now = await queue.snapshot()
    assert (now.done, now.dead, now.retried, now.reaped, cuts) == (160, 0, 0, 0, 8)
    assert await results(queue, ids) == list(range(20)) * 8


async def test_an_idle_worker_whose_connection_is_cut_goes_on(queue):
    async with working(hire(queue)):
        for _ in range(3):
            await eventually_async(lambda: blocked(queue))
            await cut_connections(queue)
        job_id = await queue.enqueue("task", 3)
        await eventually_async(lambda: done_id(queue, job_id))


# F68
async def test_jobs_in_a_reply_that_never_arrived_are_handed_back_after_reconnecting(queue):
    async with working(hire(queue, lambda job: job.attempt, name="ada", reap=False)):
        await eventually_async(lambda: blocked(queue))
        ids = await deliver_unseen(queue, "ada")
        await cut_connections(queue)
        await eventually_async(lambda: settled(queue))
    assert await results(queue, ids) == [1] * 3


async def test_a_draining_worker_hands_back_jobs_that_it_never_saw(queue):
    async with working(hire(queue, name="ada", reap=False)):
        await eventually_async(lambda: blocked(queue))
        await deliver_unseen(queue, "ada")
    assert await pending(queue) == {}
    assert [job.attempt for tier in TIERS for job in await tickets(queue, tier)] == [1] * 3


async def deliver_unseen(queue, name):
    """A job of each tier, pending under `name`, which does not know."""
    ids = []
    for tier in TIERS:
        async with queue.redis.pipeline(transaction=True) as together:
            fields = ticket()
            together.xadd(queue.keys.stream(tier), fields)
            together.hset(queue.keys.job(fields["id"]), mapping={"state": "queued", "tier": tier, "entry": "0-0"})
            together.xreadgroup(GROUP, name, {queue.keys.stream(tier): ">"})
            await together.execute()
        ids.append(fields["id"])
    return ids
