"""A worker day and night: what it logs, how it keeps time, and what it outlives that no test of a part would show."""

import asyncio
import contextlib
import logging
import time
from collections import Counter

import pytest

from helpers import eventually_async
from jobqueue import Queue, Worker
from jobqueue.fetcher import Fetcher
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from jobqueue.sandbox import Sandbox
from steps import add_raw, pending, silence, started
from workers import Hasty, enqueued, settled, take_away_and_finish, with_witness, working

# A server that is away, or that is not as it should be.


class Noting(Hasty):
    """Notes how long workers pause between their attempts to reach Redis."""

    def __init__(self):
        super().__init__()
        self.pauses = []

    def uniform(self, least, most):
        self.pauses.append(least)
        return least


@pytest.mark.slow
async def test_a_worker_that_cannot_reach_redis_says_so_once_and_returns_by_itself(caplog):
    noting = Noting()
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            worker = Worker(queue, {"task": lambda job: job.payload}, rng=noting)
            async with working(worker):
                for outage in (1, 2):
                    await eventually_async(lambda outage=outage: ran(queue, outage))
                    caplog.clear()
                    noting.pauses = pauses = []
                    sandbox.kill()
                    await eventually_async(lambda pauses=pauses: len(pauses) >= 4)
                    assert pauses == sorted(pauses)  # it backs off
                    assert pauses[3] > 1.4 * pauses[0]
                    [warning] = warnings(caplog)
                    assert warning.startswith("Redis is away")
                    sandbox.restart()
                    await eventually_async(lambda: len(warnings(caplog)) == 2)
                    assert warnings(caplog)[1].startswith("Redis is back after")
    finally:
        sandbox.stop()


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname not in ("DEBUG", "INFO")]


async def ran(queue, number):
    with contextlib.suppress(Exception):
        job_id = await enqueued(queue, number)
        return job_id and (await queue.job(job_id)).state == "done"


# F47
@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "noeviction"])
async def test_a_server_that_may_evict_the_queue_is_warned_of(queue, caplog, policy):
    await queue.redis.config_set("maxmemory-policy", policy)
    try:
        async with Queue(queue.url):
            pass
    finally:
        await queue.redis.config_set("maxmemory-policy", "noeviction")
    assert ("set maxmemory-policy noeviction" in caplog.text) == (policy != "noeviction")


# F14
async def test_a_flush_in_the_middle_of_work_costs_what_was_there_and_nothing_that_comes_after(queue, caplog):
    async def run(job):
        await asyncio.sleep(0.002)
        return job.payload

    async with working(*(Worker(queue, {"task": run}, concurrency=4, grace=5) for _ in range(2))):
        for n in range(200):
            await queue.enqueue("task", n)
        await eventually_async(lambda: some_done(queue))
        await queue.redis.flushall()
        ids = [await queue.enqueue("task", n, priority=TIERS[n % 3]) for n in range(60)]
        assert [await queue.result(job_id, timeout=10) for job_id in ids] == list(range(60))
    now = await queue.snapshot()
    assert (now.accepted, now.done, now.unsettled, now.dead) == (60, 60, 0, 0)
    assert "the consumer group is gone" in caplog.text


async def some_done(queue):
    return (await queue.snapshot()).done > 20


async def test_a_consumer_whose_name_is_no_text_is_reaped_and_forgotten_like_any_other(queue):
    """Somebody else's hand: no jobqueue worker is named so. It must not end the reaper, and the heartbeat with it."""
    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task", 1)
    stream = queue.keys.stream("normal")
    ((_, ((entry, _),)),) = await queue.redis.xreadgroup(GROUP, b"\xff\xfe", {stream: ">"})
    await queue.redis.xclaim(stream, GROUP, b"\xff\xfe", 0, [entry], idle=3_600_000, justid=True)
    async with working(Worker(queue, {"task": lambda job: job.attempt})):
        assert await queue.result(job_id, timeout=10) == 2
    assert await queue.transitions.forget(b"\xff\xfe") == 1


async def test_a_settle_that_the_server_refuses_costs_neither_the_worker_nor_the_job(queue, caplog):
    """Here another program overwrote the delayed set, so that nothing can be retried."""
    await queue.set_lease(1.5)
    ids = [await queue.enqueue("task", max_attempts=2) for _ in range(2)]
    await queue.redis.set(queue.keys.delayed("normal"), "no sorted set")

    async def fails_once(job):
        if job.attempt == 1:
            raise ValueError("no")
        return job.attempt

    async with working(Worker(queue, {"task": fails_once})):
        await eventually_async(lambda: all_done(queue, ids))
        assert "the server refused to settle" in caplog.text
    assert await pending(queue) == {}
    # One that has to wait for its turn can't be delayed either, so it may lose another lease.
    assert all([(await queue.job(job_id)).result >= 2 for job_id in ids])


async def all_done(queue, ids):
    return all([(await queue.job(job_id)).state == "done" for job_id in ids])


# Time.


async def test_each_job_has_its_own_time_whatever_the_order_in_which_they_start_and_end(queue):
    """One timer serves them all."""
    started_at, cancelled_at = {}, {}

    async def hang_and_tell(job):
        started_at[job.id] = time.monotonic()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled_at[job.id] = time.monotonic()

    async def nap(job):
        await asyncio.sleep(job.payload)
        return 1

    timeouts = [30, 0.6, 0.2, 0.4, 0.2, 0.8]
    worker = Worker(queue, {"hang": hang_and_tell, "nap": nap}, grace=0.0)
    async with working(worker):
        ids = {}
        for seconds in timeouts:
            job_id = await queue.enqueue("hang", timeout=seconds, max_attempts=1)
            ids[job_id] = seconds
            await eventually_async(lambda job_id=job_id: job_id in started_at)
        naps = [await queue.enqueue("nap", seconds, timeout=0.5) for seconds in (0.3, 0.0, 0.1)]
        assert [await queue.result(job_id, timeout=5) for job_id in naps] == [1, 1, 1]
        await eventually_async(lambda: dead(queue, 5))
        del ids[next(iter(ids))]  # the one with 30 seconds still runs
        for job_id, seconds in ids.items():
            assert cancelled_at[job_id] >= started_at[job_id] + seconds - 0.01
            assert (await queue.job(job_id)).error == f"no answer within {seconds} s"
        assert list(cancelled_at) == sorted(ids, key=lambda job_id: started_at[job_id] + ids[job_id])
        # After a while in which no timer was needed, the next job has its time again.
        late = await queue.enqueue("hang", timeout=0.2, max_attempts=1)
        await eventually_async(lambda: dead(queue, 6))
        assert cancelled_at[late] >= started_at[late] + 0.19
        await eventually_async(lambda: [held.job.timeout for held in worker.runner.held.values()] == [30])


async def dead(queue, count):
    return (await queue.snapshot()).dead >= count


# F33
async def test_threads_that_compute_share_their_worker_with_a_heartbeat(queue):
    """Four threads that never let go of the interpreter of their own accord, for two leases.

    Each takes its 5 ms in turn, and a beat needs about ten turns: with a hundred such threads the lease must be longer.
    """

    def compute(job):
        end, number = time.monotonic() + 2, 0
        while time.monotonic() < end:
            number = (number * 31 + 7) % 1_000_003
        return job.attempt

    await queue.set_lease(1.0)
    ids = [await queue.enqueue("task") for _ in range(4)]
    async with working(Worker(queue, {"task": compute}, concurrency=3), Worker(queue, {"task": compute})):
        await eventually_async(lambda: settled(queue), timeout=20)
    assert [(await queue.job(job_id)).result for job_id in ids] == [1] * 4
    assert (await queue.snapshot()).reaped == 0


# Logs.


async def test_each_attempt_is_logged_with_its_parts(queue, caplog):
    caplog.set_level(logging.INFO, "jobqueue")

    def behave(job):
        if job.payload == "fails" and job.attempt == 1:
            raise ValueError("not yet")
        if job.payload == "dies":
            raise ValueError("never")

    fine, fails = [await queue.enqueue("task", kind, max_attempts=2) for kind in ("fine", "fails")]
    dies = await queue.enqueue("task", "dies", max_attempts=1)
    await Worker(queue, {"task": behave}, name="ada", rng=Hasty()).run_until_idle()
    told = [record for record in caplog.records if hasattr(record, "event")]
    assert {(record.worker, record.task) for record in told} == {("ada", "task")}
    assert Counter((record.job, record.attempt, record.event) for record in told) == Counter(
        [
            (fine, 1, "started"), (fine, 1, "done"), (fails, 1, "started"), (fails, 1, "retried"),
            (fails, 2, "started"), (fails, 2, "done"), (dies, 1, "started"), (dies, 1, "dead"),
        ]
    )  # fmt: skip
    [retried] = [record for record in told if record.event == "retried"]
    assert retried.error == "ValueError: not yet"
    assert retried.getMessage() == f"retried task {fails} attempt 1/2: ValueError: not yet"
    assert len({record.entry for record in told if record.job == fails}) == 2


async def test_what_the_reaper_took_is_logged(queue, caplog):
    caplog.set_level(logging.INFO, "jobqueue")
    job = await started(queue, "gone")
    await silence(queue, job)
    assert await Reaper(queue.redis, queue.keys).reap() == 1
    [record] = [record for record in caplog.records if getattr(record, "event", None) == "reaped"]
    assert record.getMessage() == f"reaped {job.entry} of gone: requeued"


def outcomes(caplog):
    return [record.event for record in caplog.records if getattr(record, "event", "started") != "started"]


@pytest.mark.parametrize("returns", [False, True])
async def test_of_an_attempt_whose_lease_was_lost_only_that_is_logged(queue, caplog, returns):
    caplog.set_level(logging.INFO, "jobqueue")
    await queue.enqueue("task")
    witness, worker = with_witness(queue, reap=False, concurrency=1)
    async with working(worker):
        await witness.began.wait()
        await take_away_and_finish(queue)
        if returns:
            witness.hold.set()
            await eventually_async(lambda: not worker.running)
    assert outcomes(caplog) == ["lost"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("ends", ["handed back", "returns", "raises"])
async def test_of_an_attempt_that_redis_did_not_settle_nothing_else_is_logged(caplog, ends):
    caplog.set_level(logging.INFO, "jobqueue")
    go_on = asyncio.Event()

    async def handle(job):
        await go_on.wait()
        if ends == "raises":
            raise ValueError("no")

    sandbox = Sandbox()
    try:
        async with Queue(sandbox.start()) as queue:
            await queue.enqueue("task", max_attempts=1)
            worker = Worker(queue, {"task": handle}, grace=0.2, rng=Hasty())
            async with working(worker):
                await eventually_async(lambda: worker.running)
                sandbox.kill()
                if ends != "handed back":
                    go_on.set()
    finally:
        sandbox.stop()
    assert outcomes(caplog) == ["unsettled"]


async def test_what_is_no_longer_ours_is_not_logged_as_buried(queue, caplog):
    entry = await add_raw(queue, {"no": "job"}, consumer="another")
    worker = Worker(queue, {}, name="ada")
    worker.redis, worker.transitions = queue.redis, queue.transitions
    await Fetcher(worker)._bury("normal", entry.encode(), "", "malformed", "the field id is missing")
    assert caplog.messages == [
        f"did not bury the malformed entry {entry}, because it is no longer ours: the field id is missing"
    ]
    assert await pending(queue) == {entry: "another"}
