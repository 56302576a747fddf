"""A worker runs each job with its handler, alone or next to other workers, and keeps the result."""

import asyncio
import contextvars
import threading
from collections import Counter

from helpers import eventually_async
from jobqueue import Queue, Worker
from steps import started
from workers import enqueue_many, hire, results, settled, working


async def test_async_handlers_share_the_loop_and_plain_ones_get_threads(queue):
    async def where_async(job):
        return threading.current_thread() is threading.main_thread()

    def where_plain(job):
        return threading.current_thread() is threading.main_thread()

    ids = [await queue.enqueue("a"), await queue.enqueue("p")]
    await hire(queue, {"a": where_async, "p": where_plain}).run_until_idle()
    assert await results(queue, ids) == [True, False]


async def test_a_handler_is_given_its_job_and_its_result_is_kept(queue):
    seen = []

    async def handle(job):
        seen.append(job)
        return {"n": [job.payload]}

    await queue.enqueue("task", 7, priority="low", job_id="j", max_attempts=5, timeout=9)
    await hire(queue, handle, name="ada").run_until_idle()
    (job,) = seen
    assert (job.id, job.task, job.payload, job.priority, job.attempt, job.max_attempts, job.timeout) == (
        "j", "task", 7, "low", 1, 5, 9,
    )  # fmt: skip
    status = await queue.job("j")
    assert (status.state, status.result, status.worker, status.attempt) == ("done", {"n": [7]}, "ada", 1)


# F06
async def test_two_workers_share_the_work_and_run_nothing_twice(queue):
    ran = Counter()

    async def handle(job):
        ran[job.id] += 1
        await asyncio.sleep(0.001)

    ids = await enqueue_many(queue, 100)
    one, two = (hire(queue, handle, name=name, concurrency=2) for name in ("one", "two"))
    async with working(one, two):
        await eventually_async(lambda: settled(queue))
    assert ran == dict.fromkeys(ids, 1)
    assert {(await queue.job(job_id)).worker for job_id in ids} == {"one", "two"}


async def test_run_until_idle_waits_for_delayed_jobs_and_for_those_of_other_workers(queue, brisk):
    theirs, later = await started(queue, "other"), await started(queue, "other")
    worker = asyncio.create_task(hire(queue, lambda job: 1).run_until_idle())
    await queue.transitions.retry("other", later, 300, "it broke")
    await eventually_async(lambda: done(queue, later))
    assert not worker.done()
    await queue.transitions.complete("other", [(theirs, b"1")], 60_000)
    async with asyncio.timeout(5):
        await worker


async def done(queue, job):
    return (await queue.job(job.id)).state == "done"


async def test_a_worker_may_run_again(queue):
    worker = hire(queue)
    for _ in range(2):
        job_id = await queue.enqueue("task", 4)
        await worker.run_until_idle()
        assert (await queue.job(job_id)).result == 8


async def test_a_worker_drained_before_it_runs_does_nothing(queue):
    await queue.enqueue("task", 4)
    worker = hire(queue)
    worker.drain()
    async with asyncio.timeout(1):
        await worker.run()
    assert (await queue.snapshot()).total("waiting") == 1


async def test_an_object_with_an_async_call_is_an_async_handler(redis_url):
    class Handler:
        async def __call__(self, job):
            return job.payload

    async with Queue(redis_url) as queue:
        job_id = await queue.enqueue("t", 7)
        await Worker(queue, {"t": Handler()}).run_until_idle()
        assert (await queue.job(job_id)).result == 7


async def test_plain_handlers_see_the_context_of_their_worker_as_async_ones_do(queue):
    tenant = contextvars.ContextVar("tenant", default="unset")

    async def in_loop(job):
        seen = tenant.get()
        tenant.set("changed by a handler")
        return seen

    def in_thread(job):
        seen = tenant.get()
        tenant.set("changed by a handler")
        return seen

    tenant.set("acme")
    ids = [await queue.enqueue(task) for task in ("loop", "thread") * 3]
    await hire(queue, {"loop": in_loop, "thread": in_thread}, concurrency=1).run_until_idle()
    assert [(await queue.job(job_id)).result for job_id in ids] == ["acme"] * 6
    assert tenant.get() == "acme"
