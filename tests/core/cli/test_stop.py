"""A signal ends a worker's process within a bound, whatever its handlers do."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from stopping import BOUND, all_pending, ended, started, state

from helpers import eventually_async
from jobqueue import Queue, Worker
from jobqueue.sandbox import Sandbox
from jobqueue.server.connect import BLOCK_SECONDS
from workers import hang, hire, working

HINDRANCES = {  # what runs when the signal comes → the exit code, and what becomes of the job
    "nap": (0, "waiting"),
    "hang": (0, "waiting"),
    "crowd": (0, "waiting"),
    "stubborn": (0, "pending"),
    "block": (1, "pending"),
}


# F67
@pytest.mark.sampled(3)
@pytest.mark.parametrize(("task", "outcome"), HINDRANCES.items(), ids=HINDRANCES)
async def test_a_worker_ends_soon_after_its_grace_whatever_its_handlers_do(queue, hire_one, task, outcome):
    worker = hire_one("--grace", "0.3")
    [job_id] = await started(queue, task)
    await eventually_async(lambda: f"started {task}" in worker.log.read_text(encoding="utf-8"))
    worker.send_signal(signal.SIGTERM)
    assert (await ended(worker, BOUND), await state(queue, job_id)) == outcome
    if task == "block":
        assert "ending by force: a handler blocks the loop" in worker.log.read_text(encoding="utf-8")


async def test_a_worker_ends_although_a_handler_has_left_a_thread_behind(queue, hire_one):
    worker = hire_one()
    assert await queue.result(await queue.enqueue("leave_a_thread"), timeout=30) == 1
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0


async def test_the_first_ctrl_c_says_what_it_waits_for_and_the_second_hands_back_at_once(queue, hire_one):
    worker = hire_one("--grace", "300")
    ids = await started(queue, "nap", 2) + await started_too(queue, "hang")
    await eventually_async(lambda: worker.log.read_text(encoding="utf-8").count("started") == 3)
    worker.send_signal(signal.SIGINT)
    said = "draining: 3 jobs running, at most 300 s; Ctrl-C again to hand back at once"
    await eventually_async(lambda: said in worker.log.read_text(encoding="utf-8"))
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.3)
    while worker.poll() is None:  # a third changes nothing, however late it comes
        worker.send_signal(signal.SIGINT)
        await asyncio.sleep(0.002)
    assert await ended(worker, BOUND) == 130
    assert [await state(queue, job_id) for job_id in ids] == ["waiting"] * 3
    assert "handing back at once: 3 running" in worker.log.read_text(encoding="utf-8")


async def started_too(queue, task):
    ids = [await queue.enqueue(task)]
    await eventually_async(lambda: all_pending(queue, 3), timeout=30)
    return ids


@pytest.mark.slow
async def test_a_second_ctrl_c_ends_a_worker_whose_loop_is_blocked(queue, hire_one):
    worker = hire_one("--grace", "300")
    await started(queue, "block")
    await eventually_async(lambda: "started block" in worker.log.read_text(encoding="utf-8"))
    for _ in range(3):
        worker.send_signal(signal.SIGINT)
        await asyncio.sleep(0.05)
    assert await ended(worker, BOUND) == 1  # ten seconds are given to handing back


async def test_output_that_a_handler_has_printed_is_not_lost_at_the_end(queue, hire_one):
    worker = hire_one("--grace", "0")
    await started(queue, "speak")
    await asyncio.sleep(0.2)
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0
    assert worker.out.read_text(encoding="utf-8") == "a word in a buffer"


EMBEDDED = """
import asyncio, sys, time
from jobqueue import Queue, Worker

async def main():
    async with Queue(sys.argv[1]) as queue:
        worker = Worker(queue, {"hang": lambda job: time.sleep(600)}, grace=0)
        asyncio.get_running_loop().call_later(1, worker.drain)
        await worker.run()

asyncio.run(main())
"""


async def test_your_own_program_ends_although_a_plain_handler_hangs(queue):
    job_id = await queue.enqueue("hang")
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", EMBEDDED, queue.url], timeout=30)
    assert ended.returncode == 0
    assert await state(queue, job_id) == "waiting"


async def test_a_worker_leaves_a_server_that_hangs_within_a_bound(monkeypatch, caplog):
    monkeypatch.setattr(Worker, "patience", 0.3)
    monkeypatch.setattr("jobqueue.server.connect.REPLY_SECONDS", BLOCK_SECONDS + 0.5)
    sandbox = Sandbox()
    try:
        async with Queue(sandbox.start()) as queue:
            await queue.enqueue("task")
            worker = hire(queue, hang)
            running = asyncio.create_task(worker.run())
            await eventually_async(lambda: worker.running == 1)
            os.kill(sandbox.process.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(0.1)
                worker.drain()
                async with asyncio.timeout(BOUND):
                    await running
                await queue.close()
            finally:
                os.kill(sandbox.process.pid, signal.SIGCONT)
        assert "could not deregister from Redis" in caplog.text
        assert "left 1 attempts to the reaper" in caplog.text
    finally:
        sandbox.stop()


async def test_handing_back_at_once_ends_the_grace(queue):
    job_id = await queue.enqueue("task")
    worker = hire(queue, hang, grace=300)
    async with working(worker):
        await eventually_async(lambda: worker.running == 1)
        worker.drain()
        await asyncio.sleep(0.05)
        worker.hand_back()
    assert await state(queue, job_id) == "waiting"
    assert worker.running == 0


async def test_handing_back_before_it_runs_is_a_drain(queue):
    worker = Worker(queue, {})
    worker.hand_back()
    async with asyncio.timeout(2):
        await worker.run()
