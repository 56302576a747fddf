"""`jobqueue worker --processes N`: its processes come back, drain together, and never outlive their supervisor."""

import asyncio
import os
import re
import signal

import pytest
from stopping import BOUND, ended, started, state

from helpers import eventually_async, running
from jobqueue.cli.processes import worst
from jobqueue.keys import GROUP


def pids(worker, number):
    """All that process `number` has had, the latest last."""
    return [int(pid) for pid in re.findall(rf"process {number} of \d+ \(pid (\d+)\)", log(worker))]


def log(worker):
    return worker.log.read_text(encoding="utf-8")


async def names(queue):
    """The consumers that wait for jobs."""
    return sorted(row["name"].decode() for row in await queue.redis.xinfo_consumers(queue.keys.stream("high"), GROUP))


async def at_work(queue, count):
    """The names of `count` workers, as soon as all of them are there."""

    async def look():
        found = await names(queue)
        return found if len(found) == count else None

    return await eventually_async(look)


async def test_a_process_that_dies_is_started_again_and_the_others_go_on(queue, hire_one):
    worker = hire_one("--processes", "2", "--concurrency", "1")
    await at_work(queue, 2)
    [first], [second] = pids(worker, 1), pids(worker, 2)
    os.kill(first, signal.SIGKILL)
    await eventually_async(lambda: len(pids(worker, 1)) == 2 and running(pids(worker, 1)[-1]))
    assert f"process 1 (pid {first}) was killed by signal 9; starting it again in 0.5 s" in log(worker)
    assert pids(worker, 2) == [second] and running(second)
    await started(queue, "nap", 2)  # one each, so both can work


async def test_sigterm_drains_all_processes(queue, hire_one):
    worker = hire_one("--processes", "2", "--concurrency", "1", "--grace", "0.3", "--name", "w")
    assert await at_work(queue, 2) == ["w-1", "w-2"]
    ids = await started(queue, "nap", 2)
    await eventually_async(lambda: log(worker).count("started nap") == 2)
    worker.send_signal(signal.SIGTERM)
    assert await ended(worker, BOUND) == 0
    assert [await state(queue, job_id) for job_id in ids] == ["waiting"] * 2
    assert log(worker).count("draining: 1 job running") == 2


async def test_a_second_signal_has_all_processes_hand_back_at_once(queue, hire_one):
    worker = hire_one("--processes", "2", "--concurrency", "1", "--grace", "300")
    ids = await started(queue, "nap", 2)
    await eventually_async(lambda: log(worker).count("started nap") == 2)
    worker.send_signal(signal.SIGINT)
    await eventually_async(lambda: log(worker).count("draining: 1 job running") == 2)
    worker.send_signal(signal.SIGINT)
    assert await ended(worker, BOUND) == 130
    assert [await state(queue, job_id) for job_id in ids] == ["waiting"] * 2


async def test_no_process_outlives_its_supervisor(queue, hire_one):
    worker = hire_one("--processes", "2")
    await at_work(queue, 2)
    worker.kill()
    await eventually_async(lambda: not any(running(pid) for number in (1, 2) for pid in pids(worker, number)))


async def test_handlers_that_cannot_be_imported_end_it_with_one_message(hire_one, tmp_path):
    (tmp_path / "mine.py").write_text("1 / 0\n", encoding="utf-8")
    worker = hire_one("--processes", "3")
    assert await ended(worker, BOUND) == 2
    assert log(worker).count("cannot import 'mine': ZeroDivisionError") == log(worker).count("started process") == 1


async def test_handlers_that_break_later_are_tried_again_ever_more_slowly(queue, hire_one, tmp_path):
    worker = hire_one("--processes", "2")
    await at_work(queue, 2)
    (tmp_path / "mine.py").write_text("1 / 0\n", encoding="utf-8")
    [first] = pids(worker, 1)
    os.kill(first, signal.SIGKILL)
    await eventually_async(lambda: "ended with code 2; starting it again in 1 s" in log(worker))
    assert len(pids(worker, 1)) == 2
    worker.send_signal(signal.SIGTERM)  # it doesn't wait for the next try
    assert await ended(worker, BOUND) == 0


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0, 0], 0), ([0, 130], 130), ([130, 1, 0], 1), ([0, -9], 1), ([2, 1], 2), ([0, -15], 0)],
)
def test_the_exit_code_is_the_worst_of_all_processes(codes, code):
    assert worst(codes) == code


async def test_a_count_that_makes_no_sense_is_refused(jobqueue):
    for count in ("0", "-1", "many", "1000"):
        refused = await asyncio.to_thread(jobqueue, "worker", "mine:HANDLERS", "--processes", count)
        assert refused.returncode == 2 and "say a whole number from 1 to 256" in refused.stderr
