"""A handler that takes away the streams, or ends the worker itself, costs no other job an attempt."""

import asyncio
import signal

import pytest
from stopping import BOUND, ended, started, state

from helpers import eventually_async
from steps import tickets


@pytest.mark.sampled(4)
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
async def test_a_worker_without_standard_streams_works_and_ends_with_0(queue, hire_one, closed):
    worker = hire_one(shell=closed)
    assert await queue.result(await queue.enqueue("leave_a_thread"), timeout=30) == 1
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0


async def test_a_worker_whose_handler_closes_the_standard_streams_ends_with_0(queue, hire_one):
    worker = hire_one()
    await queue.result(await queue.enqueue("close"), timeout=30)
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0


async def test_a_keyboard_interrupt_of_a_handler_does_not_end_the_worker(queue, hire_one):
    worker = hire_one()
    job_id = await queue.enqueue("interrupt", max_attempts=1)
    await eventually_async(lambda: is_dead(queue, job_id), timeout=30)
    assert (await queue.job(job_id)).error == "KeyboardInterrupt: "
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0


async def is_dead(queue, job_id):
    return await state(queue, job_id) == "dead"


ENDINGS = {
    "cancel_all": "a handler cancelled the worker",
    "exit_in_a_task": "a handler ended the worker: SystemExit()",
    "interrupt_in_a_callback": "a handler ended the worker: KeyboardInterrupt(",
    "stop_the_loop": "a handler ended the worker: RuntimeError('Event loop stopped",
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("task", "words"), ENDINGS.items(), ids=ENDINGS)
async def test_a_handler_that_ends_the_worker_itself_costs_no_other_job_an_attempt(queue, hire_one, task, words):
    worker = hire_one()
    [innocent] = await started(queue, "nap")
    await queue.enqueue(task)
    assert await asyncio.to_thread(worker.wait, 30) == 2
    log = worker.log.read_text(encoding="utf-8")
    assert f"jobqueue worker: {words}" in log and "Traceback" not in log
    assert (await state(queue, innocent), (await tickets(queue))[0].attempt) == ("waiting", 1)


async def test_a_worker_whose_handler_took_away_its_streams_ends_cleanly(queue, hire_one):
    worker = hire_one()
    assert await queue.result(await queue.enqueue("take_away_streams"), timeout=30) is None
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0
