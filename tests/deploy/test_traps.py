"""Each trap of deploy/traps.md, shut on real servers, and what the page says to do instead."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time

import pytest
from redis.exceptions import RedisError

from helpers import eventually_async, running
from jobqueue import QueueFullError
from jobqueue.keys import TIERS
from jobqueue.server.leash import Leashed
from workers import hire, working

HANDLERS = """
import asyncio, pathlib

async def hold(job):
    with open("begun", "a") as file:
        file.write(f"{job.attempt}\\n")
    while not pathlib.Path("end").exists():
        await asyncio.sleep(0.01)

HANDLERS = {"hold": hold}
"""


async def group(queue, tier="normal"):
    [info] = await queue.redis.xinfo_groups(queue.keys.stream(tier))
    return info


async def lengths(queue):
    return sum([await queue.redis.xlen(queue.keys.stream(tier)) for tier in TIERS])


def command(queue, *words):
    return [sys.executable, "-m", "jobqueue.cli", *words, "--url", queue.url]


@pytest.fixture
def hire_process(tmp_path):
    """`hire_process(queue, "--grace", "30")` starts a worker that holds each job until there is a file named end."""
    (tmp_path / "mine.py").write_text(HANDLERS, encoding="utf-8")
    with contextlib.ExitStack() as stack:

        def start(queue, *words):
            with (tmp_path / "log").open("ab") as log:
                words = command(queue, "worker", "mine:HANDLERS", *words)
                process = Leashed(words, cwd=tmp_path, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield start


def begun(tmp_path):
    path = tmp_path / "begun"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


# F17
async def test_lag_is_nothing_after_a_waiting_job_is_cancelled_although_work_waits(own_queue):
    ids = [await own_queue.enqueue("task", number) for number in range(3)]
    assert (await group(own_queue))["lag"] == 3
    assert await own_queue.cancel(ids[1])
    assert (await group(own_queue))["lag"] is None
    assert (await own_queue.snapshot()).total("waiting") == 2


async def test_a_delayed_job_is_in_no_stream_and_without_a_worker_it_never_gets_into_one(own_queue):
    job_id = await own_queue.enqueue("task", 21, delay=0.05)

    async def is_due():
        [(_, due)] = await own_queue.redis.zrange(own_queue.keys.delayed("normal"), 0, 0, withscores=True)
        seconds, micros = await own_queue.redis.time()
        return seconds * 1000 + micros / 1000 > due

    await eventually_async(is_due)
    assert (await lengths(own_queue), (await own_queue.job(job_id)).state) == (0, "delayed")
    assert (await own_queue.snapshot()).total("delayed") == 1
    async with working(hire(own_queue)):
        assert await own_queue.result(job_id, timeout=30) == 42


async def test_the_length_of_a_stream_counts_what_runs_and_not_what_is_delayed(own_queue):
    end = asyncio.Event()

    async def hold(job):
        await end.wait()

    await own_queue.enqueue("task")
    await own_queue.enqueue("task", delay=60)
    async with working(hire(own_queue, hold)):
        await eventually_async(lambda: _pending(own_queue))
        assert (await lengths(own_queue), (await group(own_queue))["lag"]) == (1, 0)
        end.set()
        await eventually_async(lambda: _is_done(own_queue))
    assert await lengths(own_queue) == 0  # settling deletes: elsewhere, an acknowledged entry stays and counts


async def _pending(queue):
    return (await queue.snapshot()).total("pending")


async def _is_done(queue):
    return (await queue.snapshot()).done == 1


# F67
async def test_a_kill_before_the_grace_is_over_costs_a_lease_and_an_attempt(own_queue, hire_process, tmp_path):
    await own_queue.set_lease(1)
    await own_queue.enqueue("hold", job_id="held")
    worker = hire_process(own_queue, "--grace", "30")
    await eventually_async(lambda: begun(tmp_path))
    worker.send_signal(signal.SIGTERM)
    worker.kill()  # a supervisor whose patience is shorter than the grace
    worker.wait()
    (tmp_path / "end").touch()
    hire_process(own_queue)
    await own_queue.result("held", timeout=60)
    now = await own_queue.snapshot()
    assert (begun(tmp_path), now.reaped) == (["1", "2"], 1)


async def test_a_drain_within_the_supervisors_patience_hands_the_job_back_and_costs_no_attempt(
    own_queue, hire_process, tmp_path
):
    await own_queue.enqueue("hold", job_id="held")
    worker = hire_process(own_queue, "--grace", "0.2")
    await eventually_async(lambda: begun(tmp_path))
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(worker.wait, 30) == 0
    (tmp_path / "end").touch()
    hire_process(own_queue)
    await own_queue.result("held", timeout=60)
    now = await own_queue.snapshot()
    assert (begun(tmp_path), now.reaped) == (["1", "1"], 0)


async def test_a_probe_that_asks_redis_fails_in_an_outage_and_the_worker_it_would_kill_finishes_its_job(
    own_queue, own_sandbox, hire_process, tmp_path
):
    await own_queue.enqueue("hold", job_id="held")
    worker = hire_process(own_queue)
    await eventually_async(lambda: begun(tmp_path))
    own_sandbox.kill()
    probe = await asyncio.to_thread(
        subprocess.run, command(own_queue, "status"), capture_output=True, encoding="utf-8", timeout=60
    )
    assert (probe.returncode, "no answer from Redis" in probe.stderr) == (2, True)
    assert running(worker.pid)
    (tmp_path / "end").touch()
    own_sandbox.restart()

    async def is_done():
        with contextlib.suppress(RedisError):
            return (await own_queue.job("held")).state == "done"

    await eventually_async(is_done)
    assert (begun(tmp_path), (await own_queue.snapshot()).reaped) == (["1"], 0)


# F47
async def test_a_server_that_evicts_throws_the_queue_away_and_one_that_does_not_refuses_new_jobs(own_queue):
    redis, stream = own_queue.redis, own_queue.keys.stream("normal")
    await own_queue.enqueue("task", "x" * 10_000)
    limit = (await redis.info("memory"))["used_memory"] + 3_000_000
    await redis.config_set("maxmemory", 1)
    with pytest.raises(QueueFullError, match="memory"):
        await own_queue.enqueue("task")
    assert await redis.exists(stream)

    await redis.config_set("maxmemory-policy", "allkeys-random")
    await redis.config_set("maxmemory", limit)
    deadline, number = time.monotonic() + 60, 0
    while await redis.exists(stream):  # something else on the same server fills its memory
        assert time.monotonic() < deadline
        await redis.set(f"cache:{(number := number + 1) % 40}", "x" * 200_000)
    assert (await own_queue.snapshot()).total("waiting") == 0
