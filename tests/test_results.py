"""Waiting for a result: woken when the job ends, whatever ends it, and never left waiting. And taking a job back."""

import asyncio
import random
import time

import pytest

from helpers import eventually_async
from jobqueue import JobFailed, Queue, Worker
from jobqueue.keys import TIERS
from jobqueue.results import LOOK_AGAIN
from jobqueue.sandbox import Sandbox
from steps import content, pending, started, take, tickets
from test_worker import hire, working

HOUR = 3_600_000


@pytest.fixture
async def other(redis_url):
    """The same queue from another connection: whoever ends the jobs that `queue` waits for."""
    async with Queue(redis_url) as other:
        yield other


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


# Ends.


@pytest.mark.parametrize("value", [{"pages": [1, 2]}, None, 0, [], "", False, 2**70])
async def test_a_result_is_returned_as_it_was_whether_one_waits_or_comes_later(queue, value):
    job_id = await queue.enqueue("task", value)
    waiting = await result_of(queue, job_id, timeout=10)
    await hire(queue, lambda job: job.payload).run_until_idle()
    for result in (await waiting, await queue.result(job_id), await queue.result(job_id, timeout=5)):
        assert (result, type(result)) == (value, type(value))


async def test_who_waits_is_woken_and_does_not_ask_again_and_again(queue, other):
    job = await started(other)
    waiting = await result_of(queue, job.id)
    await eventually_async(lambda: quiet(queue))
    await queue.redis.config_resetstat()
    await asyncio.sleep(1)  # a time in which nothing is to happen
    assert (await calls(other)).keys() <= {"config|resetstat", "info"}
    assert not waiting.done()
    await other.transitions.complete("me", [(job, b"7")], HOUR)
    done = time.monotonic()
    assert await waiting == 7
    assert time.monotonic() - done < 1 < LOOK_AGAIN
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
    assert 0.2 <= time.monotonic() - began < 2
    waiting = await result_of(queue, job_id)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert queue._endings._waiters == {}
    assert (await queue.job(job_id)).state == "waiting"


async def test_a_job_that_dies_or_is_taken_back_wakes_who_waits_too(queue, other):
    dying, taken = await started(other), await other.enqueue("task")
    waiting = [asyncio.create_task(queue.result(job_id)) for job_id in (dying.id, taken)]
    await waited_for(queue, 2)
    began = time.monotonic()
    await other.transitions.bury("me", "normal", dying.entry, dying.id, "rejected", "no such customer", "")
    assert await other.cancel(taken)
    with pytest.raises(JobFailed, match="is dead: rejected no such customer"):
        await waiting[0]
    with pytest.raises(JobFailed, match=r"is cancelled$"):
        await waiting[1]
    assert time.monotonic() - began < 1 < LOOK_AGAIN


async def test_a_job_that_is_retried_is_waited_for_until_its_last_attempt(queue, other):
    job = await started(other, max_attempts=2)
    waiting = await result_of(queue, job.id)
    await other.transitions.retry("me", job, 0, "not yet")
    await other.transitions.promote()
    (again,) = await take(other)
    assert not waiting.done()
    await other.transitions.complete("me", [(again, b'"at last"')], HOUR)
    assert await waiting == "at last"


async def test_there_is_no_waiting_for_what_will_never_come(queue):
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


# What may happen to the subscription.


async def test_an_ending_told_while_the_subscription_is_cut_is_not_missed(queue, other):
    for number in range(2):
        job = await started(other)
        waiting = await result_of(queue, job.id)
        assert await other.redis.client_kill_filter(_type="pubsub") == 1
        await other.transitions.complete("me", [(job, str(number).encode())], HOUR)
        done = time.monotonic()
        assert await waiting == number
        assert time.monotonic() - done < 3 < LOOK_AGAIN
        await waited_for(queue, 0)


async def test_who_hears_nothing_looks_in_the_end(queue, other, monkeypatch):
    """As over a connection that is dead and does not know it."""
    monkeypatch.setattr("jobqueue.queue.LOOK_AGAIN", 0.2)
    job = await started(other)
    waiting = await result_of(queue, job.id)
    queue._endings._listener.cancel()
    await asyncio.gather(queue._endings._listener, return_exceptions=True)
    await other.transitions.complete("me", [(job, b"1")], HOUR)
    async with asyncio.timeout(3):
        assert await waiting == 1


@pytest.mark.parametrize("noise", [b"no json", b"7", b"[[1]]", b"\xff", b'["somebody else"]', b"null", b'{"a":1}'])
async def test_whatever_somebody_publishes_there_does_no_harm(queue, other, noise):
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
                assert await waiting == 3
    finally:
        sandbox.stop()


# Taking back.


async def test_what_waits_or_is_delayed_can_be_taken_back_once(queue):
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


async def test_of_jobs_due_in_one_millisecond_only_the_one_meant_is_taken_back(queue):
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


async def test_what_runs_has_ended_or_is_unknown_cannot_be_taken_back(queue):
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


async def test_what_is_taken_back_makes_room(redis_url):
    async with Queue(redis_url, capacity={"low": 1}) as queue:
        assert await queue.enqueue("task", priority="low", job_id="first")
        assert await queue.cancel("first")
        assert await queue.enqueue("task", priority="low", job_id="second")


async def test_of_many_who_take_back_one_succeeds(queue):
    for job_id, delay in (("waiting", 0), ("delayed", 60)):
        await queue.enqueue("task", job_id=job_id, delay=delay)
        assert sum(await asyncio.gather(*(queue.cancel(job_id) for _ in range(20)))) == 1
    assert (await queue.snapshot()).cancelled == 2


@pytest.mark.parametrize("delay", [0, 0.05])
async def test_a_job_taken_back_while_workers_fetch_has_either_run_or_been_taken_back(queue, other, delay):
    rng, ran = random.Random(5), []

    async def run(job):
        ran.append(job.id)
        await asyncio.sleep(0.001)
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


# Events.


async def events(queue):
    found = await queue.redis.xrange(queue.keys.events)
    return [tuple(fields.get(name, b"").decode() for name in (b"event", b"id", b"worker")) for _, fields in found]


async def test_each_transition_is_an_event_while_they_are_recorded(queue, other):
    await queue.enqueue("task", job_id="before")
    assert await queue.redis.exists(queue.keys.events) == 0
    await queue.record_events()
    await queue.record_events()  # again does no harm
    job = await started(queue, "ada", job_id="j", max_attempts=2, tier="high")
    await queue.transitions.release("ada", "high", job.entry)
    (job,) = await take(queue, "ada", "high")
    await queue.transitions.retry("ada", job, 0, "it broke")
    await queue.transitions.promote()
    (job,) = await take(queue, "ben", "high")
    await queue.redis.xclaim(queue.keys.stream("high"), "workers", "ben", 0, [job.entry], idle=HOUR, justid=True)
    await queue.transitions.reap("high", job.entry, 1000)
    [letter] = await queue.dead.list()
    await queue.dead.replay(letter.letter)
    (job,) = await take(queue, "cleo", "high")
    await queue.transitions.complete("cleo", [(job, b"1")], HOUR)
    await queue.cancel("before")
    doomed = await started(queue, "dan", job_id="doomed")
    await queue.transitions.bury("dan", "normal", doomed.entry, "doomed", "failed", "", "")
    await queue.dead.discard_all()
    assert await events(queue) == [
        ("recording", "", ""),
        ("accepted", "j", ""),
        ("released", "j", "ada"),
        ("retried", "j", "ada"),
        ("promoted", "j", ""),
        ("dead", "j", "ben"),
        ("reaped", "j", "ben"),
        ("replayed", "j", ""),
        ("done", "j", "cleo"),
        ("cancelled", "before", ""),
        ("accepted", "doomed", ""),
        ("dead", "doomed", "dan"),
        ("discarded", "doomed", ""),
    ]
    await queue.record_events(on=False)
    await queue.enqueue("task")
    assert await queue.redis.exists(queue.keys.events) == 0


async def test_events_are_capped(queue, monkeypatch):
    monkeypatch.setattr("jobqueue.scripts.EVENTS_KEPT", 500)
    from jobqueue.scripts import _load

    monkeypatch.setattr("jobqueue.scripts.SCRIPTS", _load())
    async with Queue(queue.url) as capped:
        await capped.record_events()
        for batch in range(30):
            await capped.transitions.enqueue([("low", f"{batch}-{n}", 1, b"{}", 0, 0, 0) for n in range(100)])
        assert 500 <= await capped.redis.xlen(capped.keys.events) <= 1000
