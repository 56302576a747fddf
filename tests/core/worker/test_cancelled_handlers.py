"""A handler that is cancelled, or cancels others: only its own doing is its failure, and its neighbours go on."""

import asyncio
import contextlib

import pytest

from helpers import eventually_async
from steps import tickets
from workers import done_id, hire, raiser, settled, working


async def test_a_handler_that_its_surroundings_cancel_loses_no_attempt(queue):
    began = asyncio.Event()

    async def hang_once(job):
        if not began.is_set():
            began.set()
            await asyncio.Event().wait()
        return job.attempt

    job_id = await queue.enqueue("task", max_attempts=1)
    worker = hire(queue, hang_once)
    async with working(worker):
        await began.wait()
        [held] = worker.runner.held.values()
        held.task.cancel()
        assert await queue.result(job_id, timeout=5) == 1
    status = await queue.job(job_id)
    assert (status.attempt, status.error) == (1, None)


async def cancel_itself(job):
    asyncio.current_task().cancel()
    await asyncio.sleep(1)


async def time_out(job):
    async with asyncio.timeout(0.01):
        await asyncio.sleep(5)


async def fail_in_a_group(job):
    async with asyncio.TaskGroup() as group:
        group.create_task(raiser(ValueError("child"))(job))
        await asyncio.sleep(5)


async def await_what_is_cancelled(job):
    child = asyncio.create_task(asyncio.sleep(5))
    asyncio.get_running_loop().call_later(0.01, child.cancel)
    await child


OWN_DOING = {
    "cancels itself": (cancel_itself, "CancelledError: "),
    "times out by itself": (time_out, "TimeoutError: "),
    "has a group that fails": (fail_in_a_group, "ExceptionGroup: "),
    "awaits what is cancelled": (await_what_is_cancelled, "CancelledError: "),
}


@pytest.mark.parametrize(("handler", "error"), OWN_DOING.values(), ids=OWN_DOING)
async def test_a_handler_that_is_cancelled_by_its_own_doing_has_failed(queue, handler, error):
    job_id = await queue.enqueue("task", max_attempts=1)
    async with asyncio.timeout(5):
        await hire(queue, handler).run_until_idle()
    status = await queue.job(job_id)
    assert (status.state, status.reason) == ("dead", "failed")
    assert status.error.startswith(error)


def cancelling(*, itself, worker):
    """A handler that cancels tasks of its loop: those of other jobs, or all; and even from a thread or a child."""

    async def handle(job):
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if worker or type(task).__name__ == "JobTask":
                task.cancel()
        if itself:
            asyncio.current_task().cancel()
        await asyncio.sleep(0)
        raise ValueError("and it fails")

    return handle


async def cancel_from_a_child(job):
    await asyncio.create_task(cancelling(itself=True, worker=False)(job))


def cancel_from_a_thread(job):
    loop = cancel_from_a_thread.loop
    for task in asyncio.all_tasks(loop):
        if type(task).__name__ == "JobTask":
            loop.call_soon_threadsafe(task.cancel)
    raise ValueError("and it fails")


CANCELLERS = {
    "of other jobs": cancelling(itself=False, worker=False),
    "of all jobs": cancelling(itself=True, worker=False),
    "of everything else": cancelling(itself=False, worker=True),
    "of everything": cancelling(itself=True, worker=True),
    "of all jobs, in a child": cancel_from_a_child,
    "of all jobs, from a thread": cancel_from_a_thread,
}


@pytest.mark.parametrize("canceller", CANCELLERS)
async def test_no_other_job_loses_an_attempt_next_to_a_handler_that_cancels_tasks(queue, brisk, canceller):
    cancel_from_a_thread.loop = asyncio.get_running_loop()
    bad = await queue.enqueue("bad", max_attempts=3)
    good = [await queue.enqueue("good", n, max_attempts=3) for n in range(15)]
    handlers = {"bad": CANCELLERS[canceller], "good": innocent}
    # Where it cancels the worker, too, a supervisor starts it again. Elsewhere the worker has to end by itself.
    supervisor = contextlib.suppress(asyncio.CancelledError) if "every" in canceller else contextlib.nullcontext()
    async with asyncio.timeout(20):
        while not await settled(queue):
            with supervisor:
                await asyncio.create_task(hire(queue, handlers).run_until_idle())
    assert [(await queue.job(job_id)).result for job_id in good] == [1] * 15
    status = await queue.job(bad)
    assert status.state == "dead"
    if "every" in canceller:  # once it's alone there, the worker that it cancels hands it back
        assert status.reason in ("failed", "released too often")
    else:
        assert (status.reason, (await queue.snapshot()).retried) == ("failed", 2)


async def innocent(job):
    await asyncio.sleep(0.05)
    return job.attempt


async def test_a_worker_goes_on_when_only_its_own_tasks_are_cancelled(queue):
    """A cancelled task ends without an error: without the one that settles, all results would be lost in silence."""

    async def cancel_the_rest(job):
        for task in asyncio.all_tasks() - {asyncio.current_task(), running, here}:
            task.cancel()
        return job.payload

    here = asyncio.current_task()
    worker = hire(queue, cancel_the_rest)
    running = asyncio.create_task(worker.run())
    for n in range(3):
        job_id = await queue.enqueue("task", n)
        await eventually_async(lambda job_id=job_id: done_id(queue, job_id))
    worker.drain()
    async with asyncio.timeout(5):
        await running


async def in_a_group(worker):
    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            await eventually_async(lambda: worker.running == 6)
            raise ValueError("a neighbour fails")


async def in_a_timeout(worker):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            ready = asyncio.create_task(eventually_async(lambda: worker.running == 6))
            ready.add_done_callback(lambda _: limit.reschedule(0))
            await worker.run()


@pytest.mark.parametrize("surroundings", [in_a_group, in_a_timeout])
async def test_a_worker_whose_surroundings_are_cancelled_hands_back_each_job_it_runs(queue, surroundings):
    async def clumsy(job):
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("its cleaning up fails")

    tasks = {"hang": raiser(0), "clumsy": clumsy}
    tasks["hang"] = lambda job: asyncio.Event().wait()
    ids = [await queue.enqueue(task, max_attempts=1) for task in ("hang", "clumsy") for _ in range(3)]
    await surroundings(hire(queue, tasks, grace=10))
    assert [(await queue.job(job_id)).state for job_id in ids] == ["waiting"] * 6
    assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(1, False)] * 6
