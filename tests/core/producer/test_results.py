"""Waiting for a result: the job's end wakes you, whatever ends it, and no wait is endless."""

import asyncio
import time

import pytest
from redis.exceptions import ConnectionError

from helpers import eventually_async
from jobqueue import JobFailed, Queue
from jobqueue.keys import TIERS
from jobqueue.sandbox import Sandbox
from steps import HOUR, started, take, tickets
from workers import hire, working


@pytest.fixture
def patient(monkeypatch):
    """Nothing looks again by itself: a wait ends because it's woken, or not at all."""
    monkeypatch.setattr("jobqueue.server.subscription.LOOK_AGAIN", 3600)


async def calls(queue):
    """How often each command was called since the server's statistics were reset."""
    stats = await queue.redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): counted["calls"] for name, counted in stats.items()}


async def waited_for(queue, count=1):
    """Wait until so many tasks wait for endings, and hear them."""
    endings = queue._endings

    async def ready():
        waiters = sum(map(len, endings._waiters.values()))
        return waiters >= count and (await queue.redis.pubsub_numsub(queue.keys.ended))[0][1] == 1

    await eventually_async(ready)


async def result_of(queue, job_id, **options):
    """The waiting for a result, begun."""
    task = asyncio.create_task(queue.result(job_id, **options))
    await waited_for(queue)
    return task


@pytest.mark.parametrize("value", [{"pages": [1, 2]}, None, 0, [], "", False, 2**70])
async def test_a_result_is_returned_as_it_was_to_early_and_to_late_callers(queue, value):
    job_id = await queue.enqueue("task", value)
    waiting = await result_of(queue, job_id, timeout=10)
    await hire(queue, lambda job: job.payload).run_until_idle()
    for result in (await waiting, await queue.result(job_id), await queue.result(job_id, timeout=5)):
        assert (result, type(result)) == (value, type(value))


async def test_a_waiting_caller_is_woken_instead_of_asking_again_and_again(queue, other):
    job = await started(other)
    waiting = await result_of(queue, job.id)
    await eventually_async(lambda: quiet(queue))
    await queue.redis.config_resetstat()
    await asyncio.sleep(1)  # a time in which nothing is to happen
    assert (await calls(other)).keys() <= {"config|resetstat", "info"}
    assert not waiting.done()
    await other.transitions.complete("me", [(job, b"7")], HOUR)
    assert await waiting == 7
    assert (await calls(other))["evalsha"] == 2  # complete, and one look


async def quiet(queue):
    before = (await queue.redis.info("stats"))["total_commands_processed"]
    await asyncio.sleep(0.05)
    return (await queue.redis.info("stats"))["total_commands_processed"] == before + 1


async def test_hundreds_wait_over_one_subscription_and_each_gets_its_own(queue, other):
    numbers = {await queue.enqueue("task", n, priority=TIERS[n % 3]): n for n in range(300)}
    ids = [*numbers, *list(numbers)[:50], *[next(iter(numbers))] * 50]
    waiting = [asyncio.create_task(queue.result(job_id, timeout=20)) for job_id in ids]
    await waited_for(queue, 400)
    assert len(await queue.redis.client_list(_type="pubsub")) == 1
    await hire(other, lambda job: job.payload, concurrency=50).run_until_idle()
    assert await asyncio.gather(*waiting) == [numbers[job_id] for job_id in ids]
    assert queue._endings._waiters == {}  # nothing piles up


async def test_a_wait_ends_in_time_and_leaves_nothing_behind(queue):
    job_id = await queue.enqueue("task")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await queue.result(job_id, timeout=0.2)
    assert time.monotonic() - began >= 0.2
    waiting = await result_of(queue, job_id)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert queue._endings._waiters == {}
    assert (await queue.job(job_id)).state == "waiting"


async def test_a_job_that_dies_or_is_cancelled_wakes_its_callers_too(queue, other, patient):
    dying, taken = await started(other), await other.enqueue("task")
    waiting = [asyncio.create_task(queue.result(job_id, timeout=60)) for job_id in (dying.id, taken)]
    await waited_for(queue, 2)
    await other.transitions.bury("me", "normal", dying.entry, dying.id, "rejected", "no such customer", "")
    assert await other.cancel(taken)
    with pytest.raises(JobFailed, match="is dead: rejected no such customer"):
        await waiting[0]
    with pytest.raises(JobFailed, match=r"is cancelled$"):
        await waiting[1]


async def test_a_job_that_is_retried_is_waited_for_until_its_last_attempt(queue, other):
    job = await started(other, max_attempts=2)
    waiting = await result_of(queue, job.id)
    await other.transitions.retry("me", job, 0, "not yet")
    await other.transitions.promote()
    (again,) = await take(other)
    assert not waiting.done()
    await other.transitions.complete("me", [(again, b'"at last"')], HOUR)
    assert await waiting == "at last"


async def test_a_result_that_will_never_come_is_not_waited_for(queue):
    lost = await queue.enqueue("task")
    await queue.redis.xdel(queue.keys.stream("normal"), (await tickets(queue))[0].entry)
    for job_id in ("unknown", lost):
        async with asyncio.timeout(2):
            with pytest.raises(JobFailed):
                await queue.result(job_id)


async def test_a_result_is_kept_for_its_time(redis_url):
    async with Queue(redis_url, result_ttl=0.3) as queue:
        job_id = await queue.enqueue("task", 1)
        await hire(queue, lambda job: job.payload).run_until_idle()
        assert await queue.result(job_id) == 1
        await eventually_async(lambda: unknown(queue, job_id), timeout=3)
        with pytest.raises(JobFailed, match="is unknown, or ended longer ago"):
            await queue.result(job_id)


async def unknown(queue, job_id):
    return await queue.job(job_id) is None


async def test_a_job_that_ends_while_the_subscription_is_cut_is_not_missed(queue, other, patient):
    for number in range(2):
        job = await started(other)
        waiting = await result_of(queue, job.id, timeout=60)
        assert await other.redis.client_kill_filter(_type="pubsub") == 1
        await other.transitions.complete("me", [(job, str(number).encode())], HOUR)
        assert await waiting == number
        await waited_for(queue, 0)


async def test_a_caller_that_is_not_woken_looks_after_a_while(queue, other, monkeypatch):
    """As over a connection that is dead and does not know it."""
    monkeypatch.setattr("jobqueue.server.subscription.LOOK_AGAIN", 0.2)
    job = await started(other)
    waiting = await result_of(queue, job.id)
    queue._endings._listener.cancel()
    await asyncio.gather(queue._endings._listener, return_exceptions=True)
    await other.transitions.complete("me", [(job, b"1")], HOUR)
    async with asyncio.timeout(60):
        assert await waiting == 1


async def test_closing_the_queue_ends_a_wait_at_once(other, redis_url, patient):
    async with Queue(redis_url) as queue:
        assert await queue.job("slow") is None  # connects, so the first look is over soon
        waiting = await result_of(queue, await other.enqueue("task", job_id="slow"), timeout=60)
    with pytest.raises(ConnectionError, match="closed while you waited for slow"):
        await waiting
    assert (await other.job("slow")).state == "waiting"


@pytest.mark.parametrize("noise", [b"no json", b"7", b"[[1]]", b"\xff", b'["somebody else"]', b"null", b'{"a":1}'])
async def test_foreign_messages_on_the_channel_do_no_harm(queue, other, noise):
    job = await started(other)
    waiting = await result_of(queue, job.id)
    assert await other.redis.publish(queue.keys.ended, noise) == 1
    await waited_for(queue)
    await other.transitions.complete("me", [(job, b"1")], HOUR)
    async with asyncio.timeout(3):
        assert await waiting == 1


async def test_a_result_comes_although_redis_was_killed_meanwhile():
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            job_id = await queue.enqueue("task", 3)
            waiting = await result_of(queue, job_id, timeout=20)
            sandbox.kill()
            sandbox.restart()
            async with working(hire(queue, lambda job: job.payload)):
                try:
                    assert await waiting == 3
                except ConnectionError:  # it asked just while Redis was away; asking again does no harm
                    assert await queue.result(job_id, timeout=20) == 3
    finally:
        sandbox.stop()


@pytest.mark.parametrize("broken", [b"", b"\xff", b"{", b"[" * 100_000, b"NaN"])
async def test_a_broken_result_is_reported_as_broken(queue, broken):
    job = await started(queue)
    await queue.transitions.complete("me", [(job, b"1")], HOUR)
    await queue.redis.hset(queue.keys.job(job.id), mapping={"result": broken, "attempt": "many", "tier": b"\xff"})
    status = await queue.job(job.id)
    assert (status.state, status.result, status.attempt) == ("done", None, None)
    with pytest.raises(JobFailed, match="is done: its result is broken"):
        await queue.result(job.id, timeout=5)
