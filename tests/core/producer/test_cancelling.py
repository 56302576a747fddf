"""Cancelling a job: only one that hasn't begun, once, and never in the place of another."""

import asyncio
import random

import pytest

from helpers import eventually_async
from jobqueue import JobFailed, Queue, Worker
from jobqueue.keys import TIERS
from steps import HOUR, content, pending, started, take, tickets
from workers import working


async def test_a_waiting_or_delayed_job_can_be_cancelled_once(queue):
    await queue.enqueue("task", job_id="waiting", priority="low")
    await queue.enqueue("task", job_id="delayed", delay=60)
    retried = await started(queue, job_id="retried")
    await queue.transitions.retry("me", retried, HOUR, "it broke")
    for count, job_id in enumerate(("waiting", "delayed", "retried"), 1):
        assert await queue.cancel(job_id) is True
        assert await queue.cancel(job_id) is False
        assert (await queue.job(job_id)).state == "cancelled"
        assert 0 < await queue.redis.pttl(queue.keys.job(job_id)) <= HOUR
        now = await queue.snapshot()
        assert (now.accepted, now.cancelled, now.unsettled) == (3, count, 3 - count)
    await queue.transitions.promote()
    assert [await take(queue, tier=tier) for tier in TIERS] == [[], [], []]
    assert await queue.enqueue("task", job_id="waiting") == "waiting"  # known, as long as its hash is kept
    assert (await queue.snapshot()).unsettled == 0


async def test_only_the_right_one_of_several_jobs_due_in_one_millisecond_is_cancelled(queue):
    """Also beside a member that is no ticket."""
    await queue.enqueue_many([])
    for job_id in "abc":
        await queue.enqueue("task", job_id=job_id, delay=60)
    delayed = queue.keys.delayed("normal")
    members = [member for member, _ in await queue.redis.zrange(delayed, 0, -1, withscores=True)]
    due = 10**13
    await queue.redis.zadd(delayed, dict.fromkeys([*members, b"no json", b"7", b"\xff"], due))
    for job_id in "abc":
        await queue.redis.hset(queue.keys.job(job_id), "due_ms", due)
    assert await queue.cancel("b")
    assert set(await queue.redis.zrange(delayed, 0, -1)) == {members[0], members[2], b"no json", b"7", b"\xff"}


# F04
async def test_a_running_ended_or_unknown_job_cannot_be_cancelled(queue):
    running, done, dead = [await started(queue, job_id=job_id) for job_id in ("running", "done", "dead")]
    await queue.transitions.complete("me", [(done, b"1")], HOUR)
    await queue.transitions.bury("me", "normal", dead.entry, dead.id, "failed", "", "")
    lost = await queue.enqueue("task", job_id="lost", priority="low")
    await queue.redis.xdel(queue.keys.stream("low"), (await tickets(queue, "low"))[0].entry)
    before = await content(queue)
    for job_id in (running.id, done.id, dead.id, lost, "unknown"):
        assert await queue.cancel(job_id) is False
    assert await content(queue) == before
    assert [(await queue.job(job_id)).state for job_id in ("running", "done", "dead")] == ["pending", "done", "dead"]


async def test_a_cancelled_job_makes_room(redis_url):
    async with Queue(redis_url, capacity={"low": 1}) as queue:
        assert await queue.enqueue("task", priority="low", job_id="first")
        assert await queue.cancel("first")
        assert await queue.enqueue("task", priority="low", job_id="second")


async def test_one_of_many_attempts_to_cancel_a_job_succeeds(queue):
    for job_id, delay in (("waiting", 0), ("delayed", 60)):
        await queue.enqueue("task", job_id=job_id, delay=delay)
        assert sum(await asyncio.gather(*(queue.cancel(job_id) for _ in range(20)))) == 1
    assert (await queue.snapshot()).cancelled == 2


@pytest.mark.parametrize("delay", [0, 0.05])
async def test_a_job_cancelled_while_workers_fetch_is_either_run_or_cancelled(queue, other, delay):
    rng, ran = random.Random(5), []

    async def run(job):
        ran.append(job.id)
        await asyncio.sleep(0.01)
        return job.id

    async with working(*(Worker(queue, {"task": run}, concurrency=2, grace=5) for _ in range(2))):
        ids = [await other.enqueue("task", priority=rng.choice(TIERS), delay=delay) for _ in range(300)]
        waiting = [asyncio.create_task(queue.result(job_id, timeout=20)) for job_id in ids]
        await eventually_async(lambda: ran)
        answers = {job_id: await other.cancel(job_id) for job_id in rng.sample(ids, 300)}
        ends = await asyncio.gather(*waiting, return_exceptions=True)
    taken = {job_id for job_id, answer in answers.items() if answer}
    assert (set(ran) | taken, set(ran) & taken, len(ran)) == (set(ids), set(), 300 - len(taken))
    assert 0 < len(taken) < 300, "they did not race: this run has proved nothing"
    for job_id, end in zip(ids, ends, strict=True):
        assert isinstance(end, JobFailed) if job_id in taken else end == job_id
    now = await queue.snapshot()
    assert (now.done, now.cancelled, now.unsettled) == (len(ran), len(taken), 0)
    assert [await pending(queue, tier) for tier in TIERS] == [{}, {}, {}]
