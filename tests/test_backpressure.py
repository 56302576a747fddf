"""Saying no in time: watermarks, producers racing for the last place, limiters, and a server whose memory is full."""

import asyncio
import contextlib
import time
from collections import Counter

import pytest

from helpers import eventually_async, python
from jobqueue import (
    BadJob,
    BadSetting,
    LeakyBucket,
    NewJob,
    PayloadTooLarge,
    Queue,
    QueueFullError,
    RateLimited,
    ServerFull,
    TokenBucket,
    Worker,
)
from jobqueue.backpressure import LONGEST_WAIT, SHORTEST_WAIT, UNKNOWN_WAIT, DrainRate
from jobqueue.keys import TIERS
from steps import content, pending, silence, take

HOUR = 3_600_000


@pytest.fixture
async def bounded(redis_url):
    """Call it for a queue with these capacities."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**capacity):
            return await stack.enter_async_context(Queue(redis_url, capacity=capacity))

        yield make


async def fill(queue, count, tier="low", **options):
    return [await queue.enqueue("task", n, priority=tier, **options) for n in range(count)]


async def settle(queue, count, tier="low"):
    """Have `count` jobs done."""
    jobs = await take(queue, tier=tier, count=count)
    assert await queue.transitions.complete("me", [(job, b"1") for job in jobs], HOUR) == [1] * count


async def depth(queue, tier="low"):
    counts = (await queue.snapshot()).tiers[tier]
    return counts.waiting + counts.pending + counts.delayed


async def admits(queue, tier="low", **options):
    try:
        await queue.enqueue("task", priority=tier, **options)
    except QueueFullError:
        return False
    return True


# Watermarks.


async def test_a_full_tier_refuses_in_so_many_words_and_writes_nothing_but_its_gate(bounded):
    queue = await bounded(low=3)
    await fill(queue, 3)
    before = await content(queue)
    with pytest.raises(QueueFullError, match="the tier low is full: 3 jobs, capacity 3") as refusal:
        await queue.enqueue("task", priority="low", job_id="one too many")
    error = refusal.value
    assert (error.tier, error.depth, error.capacity) == ("low", 3, 3)
    assert SHORTEST_WAIT <= error.retry_after <= LONGEST_WAIT
    assert await queue.job("one too many") is None
    after = await content(queue)
    assert {key for key in before | after if before.get(key) != after.get(key)} <= {queue.keys.gate.encode()}


async def test_between_its_watermarks_a_tier_admits_on_the_way_up_and_refuses_on_the_way_down(bounded):
    queue = await bounded(low=(4, 8))
    for _ in range(2):  # and the second time round just as the first
        while await depth(queue) < 8:
            assert await admits(queue)
        assert not await admits(queue)
        for level in (7, 6, 5):
            await settle(queue, 1)
            assert await depth(queue) == level
            assert not await admits(queue)
        await settle(queue, 1)
        assert await depth(queue) == 4


async def test_a_tier_that_was_full_is_closed_although_nobody_was_refused(bounded):
    queue = await bounded(low=(4, 8))
    await fill(queue, 8)
    await settle(queue, 2)
    assert not await admits(queue)
    await settle(queue, 2)
    assert await admits(queue)


async def test_a_plain_number_admits_whenever_there_is_a_place(bounded):
    queue = await bounded(low=2)
    await fill(queue, 2)
    for _ in range(3):
        assert not await admits(queue)
        await settle(queue, 1)
        assert await admits(queue)


async def test_each_tier_has_its_own_capacity_and_one_without_has_none(bounded):
    queue = await bounded(low=1, high=2)
    await fill(queue, 1, "low")
    await fill(queue, 2, "high")
    await fill(queue, 50, "normal")
    assert [await admits(queue, tier) for tier in TIERS] == [False, True, False]


async def test_depth_counts_waiting_pending_and_delayed(bounded):
    queue = await bounded(low=3)
    await fill(queue, 1)
    await take(queue, tier="low")
    await fill(queue, 1, delay=60)
    assert await admits(queue)
    assert not await admits(queue)
    assert not await admits(queue, delay=60)
    counts = (await queue.snapshot()).tiers["low"]
    assert (counts.waiting, counts.pending, counts.delayed) == (1, 1, 1)


async def test_a_closed_gate_opens_however_the_tier_got_empty(bounded):
    """A gate is a bit beside the jobs: it must not go on saying what was true of them once."""
    queue = await bounded(low=(2, 4))

    async def close():
        while await admits(queue):
            pass

    await close()
    assert await queue.redis.ttl(queue.keys.gate) == -1
    await settle(queue, 4)
    assert await admits(queue)
    await close()
    for row, _ in await queue.redis.xrange(queue.keys.stream("low")):
        await queue.redis.xdel(queue.keys.stream("low"), row)
    assert await admits(queue)
    await close()
    await queue.redis.delete(queue.keys.stream("low"))
    assert await admits(queue)


async def test_a_tier_that_is_full_of_delayed_jobs_alone_on_a_flushed_server_refuses_as_any_other(bounded):
    queue = await bounded(low=2)
    await queue.redis.flushall()  # the stream is gone with its group, and a delayed job does not bring it back
    await fill(queue, 2, delay=60)
    assert not await admits(queue)


async def test_a_capacity_may_be_lowered_and_raised_while_the_queue_is_in_use(bounded):
    generous, strict = await bounded(low=20), await bounded(low=(5, 10))
    await fill(generous, 15)
    assert not await admits(strict)
    await settle(generous, 9)
    assert await depth(generous) == 6
    assert not await admits(strict)  # it came from above
    assert await admits(generous)
    await settle(generous, 2)
    assert await depth(generous) == 5
    assert await admits(strict)


@pytest.mark.parametrize(
    "capacity",
    [
        {"urgent": 5}, {"low": 0}, {"low": -1}, {"low": 1.5}, {"low": "5"}, {"low": None}, {"low": (5, 5)},
        {"low": (6, 5)}, {"low": (-1, 5)}, {"low": (1, 2, 3)}, {"low": [1, 2]}, {"low": True},
    ],
    ids=str,
)  # fmt: skip
def test_a_capacity_that_means_nothing_is_refused(capacity):
    with pytest.raises(BadSetting, match="capacity"):
        Queue("unix:///nowhere", capacity=capacity)


# What was accepted is never refused.


async def test_the_repeat_of_an_accepted_call_succeeds_although_the_tier_has_filled_since(bounded):
    queue = await bounded(low=3)
    await queue.enqueue("task", priority="low", job_id="mine")
    while await admits(queue):
        pass
    before = await content(queue)
    assert await queue.enqueue("task", priority="low", job_id="mine") == "mine"
    assert await content(queue) == before


async def test_a_retry_a_release_a_reap_a_promotion_and_a_replay_find_room_in_a_full_tier(bounded):
    queue = await bounded(low=5)
    await fill(queue, 5)
    retried, released, reaped, dead, _ = await take(queue, tier="low")
    await queue.transitions.bury("me", "low", dead.entry, dead.id, "failed", "", "")
    assert await admits(queue)
    assert not await admits(queue)
    assert await queue.transitions.retry("me", retried, 0, "it broke") == 1
    assert await queue.transitions.release("me", "low", released.entry) == 1
    await silence(queue, reaped)
    assert await queue.transitions.reap("low", reaped.entry, 1000) == 1
    assert (await queue.transitions.promote())[0] == 1
    assert await queue.dead.replay_all() == 1
    assert await depth(queue) == 6  # one over, and rightly
    assert not await admits(queue)
    assert {job.id for job in await take(queue, tier="low")} >= {retried.id, released.id, reaped.id, dead.id}


# Racing for the last place.

PRODUCER = """
    import asyncio, json, sys
    from jobqueue import NewJob, Queue, QueueFullError

    async def main(url, name, tries, batch):
        async with Queue(url, capacity={"low": int(sys.argv[5])}) as queue:
            print(json.dumps("ready"), flush=True)
            sys.stdin.readline()
            accepted, refused = [], 0
            for start in range(0, tries, batch):
                ids = [f"{name}-{n}" for n in range(start, start + batch)]
                for answer in await queue.enqueue_many([NewJob("task", 1, "low", job_id) for job_id in ids]):
                    if isinstance(answer, str):
                        accepted.append(answer)
                    else:
                        assert isinstance(answer, QueueFullError), answer
                        refused += 1
            print(json.dumps([accepted, refused]), flush=True)

    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


async def race(queue, producers, tries, batch, capacity):
    """Real processes, started together, that want more than there is; returns what each was granted and refused."""
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(python(PRODUCER, queue.url, f"p{number}", str(tries), str(batch), str(capacity)))
            for number in range(producers)
        ]
        assert [await asyncio.to_thread(process.json) for process in processes] == ["ready"] * producers
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [await asyncio.to_thread(process.json) for process in processes]


@pytest.mark.parametrize("batch", [1, 7])
async def test_of_producers_in_many_processes_exactly_as_many_win_as_there_are_places(queue, batch):
    replies = await race(queue, producers=4, tries=70, batch=batch, capacity=101)
    accepted = [job_id for granted, _ in replies for job_id in granted]
    assert (len(accepted), sum(refused for _, refused in replies)) == (101, 4 * 70 - 101)
    assert await depth(queue) == 101
    waiting = {job.id for job in await take(queue, tier="low", count=1000)}
    assert waiting == set(accepted)
    assert sum(bool(granted) for granted, _ in replies) > 1, "one producer took all: there was no race"


async def test_while_workers_make_room_the_depth_is_never_one_over(queue):
    """The events tell the depth after each step, in the order in which the server took them."""
    await queue.record_events()

    async def run(job):
        await asyncio.sleep(0.001)

    worker = Worker(queue, {"task": run}, concurrency=4)
    working = asyncio.create_task(worker.run())
    replies = await race(queue, producers=3, tries=300, batch=3, capacity=6)
    accepted = sum(len(granted) for granted, _ in replies)
    await eventually_async(lambda: all_done(queue, accepted))
    worker.drain()
    await working
    level, levels = 0, Counter()
    for _, fields in await queue.redis.xrange(queue.keys.events):
        level += {b"accepted": 1, b"done": -1}.get(fields[b"event"], 0)
        levels[level] += 1
    assert (max(levels), level) == (6, 0)
    assert accepted > 6, "no place was ever used again: this run has proved nothing"


async def all_done(queue, count):
    return (await queue.snapshot()).done == count


# When to come back.


def test_the_wait_is_what_the_drain_between_two_refusals_says():
    rate = DrainRate()
    assert rate.retry_after("low", 5, 100, 1_000_000) == UNKNOWN_WAIT
    assert rate.retry_after("low", 20, 110, 1_002_000) == 4.0  # five a second
    assert rate.retry_after("low", 20, 150, 1_004_000) == 1.0  # twenty a second: only the last span counts
    assert rate.retry_after("high", 5, 0, 1_004_000) == UNKNOWN_WAIT  # each tier by itself
    assert rate.retry_after("low", 20, 150, 1_006_000) == UNKNOWN_WAIT  # it stands still
    assert rate.retry_after("low", 20, 3, 1_008_000) == UNKNOWN_WAIT  # a flushed server
    assert rate.retry_after("low", 20, 4, 1_010_000) == 40.0
    assert rate.retry_after("low", 1000, 5, 1_012_000) == LONGEST_WAIT
    assert rate.retry_after("low", 1, 1_000_000, 1_014_000) == SHORTEST_WAIT


async def test_a_refusal_estimates_from_how_fast_the_tier_drains(bounded):
    queue = await bounded(low=(10, 20))
    await fill(queue, 20)

    async def refused():
        with pytest.raises(QueueFullError) as refusal:
            await queue.enqueue("task", priority="low")
        return refusal.value

    before = time.monotonic()
    assert (await refused()).retry_after == UNKNOWN_WAIT
    after = time.monotonic()
    await asyncio.sleep(0.3)  # the time in which these five were done
    await settle(queue, 5)
    shortest = time.monotonic() - after
    error = await refused()
    longest = time.monotonic() - before
    assert error.depth == 15
    assert shortest - 0.01 <= error.retry_after <= longest + 0.01  # five more are to go, and five took this long


async def test_a_producer_may_wait_for_room(bounded):
    queue = await bounded(low=1)
    await fill(queue, 1)
    waiting = asyncio.create_task(queue.enqueue("task", priority="low", job_id="patient", wait=20))
    await eventually_async(lambda: gate_closed(queue))
    await settle(queue, 1)
    async with asyncio.timeout(5):
        assert await waiting == "patient"
    assert (await queue.job("patient")).state == "waiting"


async def gate_closed(queue):
    return await queue.redis.hexists(queue.keys.gate, "low 1")


async def test_a_producer_that_waited_in_vain_is_refused_in_the_end(bounded):
    queue = await bounded(low=1)
    await fill(queue, 1)
    began = time.monotonic()
    with pytest.raises(QueueFullError):
        await queue.enqueue("task", priority="low", wait=0.3)
    assert 0.3 <= time.monotonic() - began < 3
    assert await depth(queue) == 1


async def test_waiting_is_for_room_only(bounded):
    queue = await bounded(low=1)
    async with asyncio.timeout(1):
        with pytest.raises(BadJob):
            await queue.enqueue("", wait=60)


# Many at once.


async def test_of_many_each_gets_the_answer_it_would_get_alone(bounded):
    queue = await bounded(low=2)
    await queue.enqueue("task", job_id="known", priority="low")
    answers = await queue.enqueue_many(
        [
            NewJob("task", 1, "low", "first"),
            NewJob("", 1, "low"),
            NewJob("task", 1, "low", "late"),
            NewJob("task", 1, "low", "known"),
            NewJob("task", "x" * 300_000, "low"),
            NewJob("task", 1, "urgent"),
            NewJob("task", 1, "high", "first of high"),
            NewJob("task", 1, "high", "first of high"),
            NewJob("task", 1, "low", "first"),
            NewJob("task", 1, "high", "later", delay=60),
            NewJob("task", 1, delay=-1),
        ]
    )
    kinds = [answer if isinstance(answer, str) else type(answer) for answer in answers]
    assert kinds == [
        "first", BadJob, QueueFullError, "known", PayloadTooLarge, BadJob, "first of high", "first of high", "first",
        "later", BadJob,
    ]  # fmt: skip
    now = await queue.snapshot()
    assert (now.accepted, now.total("waiting"), now.total("delayed")) == (4, 3, 1)
    assert await queue.job("late") is None


async def test_of_hundreds_the_first_find_room_in_their_order(bounded):
    queue = await bounded(low=150)
    answers = await queue.enqueue_many(NewJob("task", n, "low", f"j{n}") for n in range(350))
    assert answers[:150] == [f"j{n}" for n in range(150)]
    assert {type(answer) for answer in answers[150:]} == {QueueFullError}
    assert [job.payload for job in await take(queue, tier="low", count=1000)] == list(range(150))


async def test_none_are_answered_by_nothing(queue):
    assert await queue.enqueue_many([]) == []


# Limiters.


async def let_pass(queue, name, seconds):
    """Let `seconds` pass for a token bucket."""
    key = queue.keys.bucket("token", name)
    at = int(await queue.redis.hget(key, "at"))
    await queue.redis.hset(key, "at", at - round(seconds * 1000))


async def tokens_now(bucket):
    """Take tokens until there are none; returns how many there were, and the wait that the refusal named."""
    count = 0
    while True:
        try:
            await bucket.take()
            count += 1
        except RateLimited as refusal:
            return count, refusal.retry_after


async def test_a_token_bucket_gives_its_burst_then_its_rate_and_never_holds_more_than_its_burst(queue):
    bucket = TokenBucket(queue, "mail", rate=0.5, most=5)
    count, wait = await tokens_now(bucket)
    assert (count, 1 < wait <= 2) == (5, True)
    await let_pass(queue, "mail", 6)
    count, wait = await tokens_now(bucket)
    assert (count, 1 < wait <= 2) == (3, True)
    await let_pass(queue, "mail", 1)
    count, wait = await tokens_now(bucket)
    assert (count, 0 < wait <= 1) == (0, True)
    await let_pass(queue, "mail", wait)
    assert (await tokens_now(bucket))[0] == 1
    await let_pass(queue, "mail", 3600)
    assert (await tokens_now(bucket))[0] == 5


async def test_a_refused_token_costs_nothing(queue):
    bucket = TokenBucket(queue, "mail", rate=0.001, most=1)
    await bucket.take()
    before = await content(queue)
    with pytest.raises(RateLimited):
        await bucket.take()
    assert await content(queue) == before


async def test_producers_share_a_token_bucket_by_its_name(queue, redis_url):
    """Three of them ask all the time, each from a connection of its own; the server's clock alone counts."""
    granted, stop = Counter(), asyncio.Event()

    async def produce(who):
        async with Queue(redis_url) as own:
            bucket = TokenBucket(own, "mail", rate=40, most=20)
            while not stop.is_set():
                try:
                    await bucket.take()
                    granted[who] += 1
                except RateLimited as refusal:
                    await asyncio.sleep(refusal.retry_after)

    began = await server_seconds(queue)
    producers = [asyncio.create_task(produce(who)) for who in range(3)]
    await eventually_async(lambda: granted.total() >= 60)
    least = await server_seconds(queue) - began
    stop.set()
    await asyncio.gather(*producers)
    assert granted.total() <= 20 + 40 * (await server_seconds(queue) - began) + 1
    assert least > 0.9  # forty more than the burst, at forty a second
    assert len(granted) == 3
    assert (await tokens_now(TokenBucket(queue, "post", rate=1, most=2)))[0] == 2  # another name, another bucket


async def server_seconds(queue):
    seconds, microseconds = await queue.redis.time()
    return seconds + microseconds / 1e6


async def test_a_leaky_bucket_lines_its_callers_up_evenly(queue, redis_url):
    async with Queue(redis_url) as other:
        buckets = [LeakyBucket(queue, "mail", rate=10, most=100), LeakyBucket(other, "mail", rate=10, most=100)]
        began = await server_seconds(queue)
        waits = await asyncio.gather(*(bucket.take() for bucket in buckets for _ in range(20)))
        took = await server_seconds(queue) - began
    for place, wait in enumerate(sorted(waits)):
        assert place / 10 - took - 0.002 <= wait <= place / 10 + 0.002


async def test_a_line_that_is_full_turns_away_and_says_when_to_come_back(queue):
    bucket = LeakyBucket(queue, "mail", rate=0.5, most=3)
    waits = [await bucket.take() for _ in range(4)]  # one goes on at once, three stand in line
    assert [round(wait) for wait in waits] == [0, 2, 4, 6]
    before = await content(queue)
    with pytest.raises(RateLimited, match="the line is full") as refusal:
        await bucket.take()
    assert 1 < refusal.value.retry_after <= 2
    assert await content(queue) == before
    key = queue.keys.bucket("leaky", "mail")
    free_at = float(await queue.redis.get(key))
    await queue.redis.set(key, free_at - 1000 * refusal.value.retry_after - 1)  # that time has passed
    assert 5.9 < await bucket.take() <= 6


async def test_a_line_is_no_place_to_save_up(queue):
    bucket = LeakyBucket(queue, "mail", rate=2, most=5)
    await bucket.take()
    await queue.redis.set(queue.keys.bucket("leaky", "mail"), (await server_seconds(queue) - 3600) * 1000)
    assert (await bucket.take(), 0.4 < await bucket.take() <= 0.5) == (0, True)


async def test_buckets_do_not_stay_for_ever(queue):
    await TokenBucket(queue, "token", rate=10, most=5).take()
    await LeakyBucket(queue, "leaky", rate=10, most=5).take()
    assert 0 < await queue.redis.pttl(queue.keys.bucket("token", "token")) <= 1500
    assert 0 < await queue.redis.pttl(queue.keys.bucket("leaky", "leaky")) <= 1100


@pytest.mark.parametrize("kind", [TokenBucket, LeakyBucket])
@pytest.mark.parametrize(
    ("rate", "most"), [(0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1), ("1", 1), (1, 0), (1, 1.5)]
)
async def test_a_bucket_that_means_nothing_is_refused(queue, kind, rate, most):
    with pytest.raises(BadSetting):
        kind(queue, "mail", rate, most)


# Memory.


@pytest.fixture
async def full(queue):
    """Call it to fill the server's memory up."""
    (limit,) = (await queue.redis.config_get("maxmemory")).values()
    yield lambda: queue.redis.config_set("maxmemory", 1)
    await queue.redis.config_set("maxmemory", limit)


async def test_a_server_out_of_memory_refuses_clearly_each_and_writes_nothing(queue, full):
    await fill(queue, 2)
    await full()
    before = await content(queue)
    with pytest.raises(ServerFull, match="out of memory") as refusal:
        await queue.enqueue("task")
    assert isinstance(refusal.value, QueueFullError)
    answers = await queue.enqueue_many([NewJob("task"), NewJob(""), NewJob("task")] * 80)
    assert [type(answer) for answer in answers] == [ServerFull, BadJob, ServerFull] * 80
    with pytest.raises(ServerFull):
        await queue.enqueue("task", wait=0.1)
    assert await content(queue) == before


async def test_a_server_out_of_memory_goes_on_settling_and_a_waiting_producer_gets_its_turn(queue, full):
    ids = await fill(queue, 3)
    (limit,) = (await queue.redis.config_get("maxmemory")).values()
    await full()
    waiting = asyncio.create_task(queue.enqueue("task", job_id="patient", wait=30))

    async def run(job):
        if job.payload == 0:
            raise ValueError("not this one")
        return job.payload

    worker = Worker(queue, {"task": run})
    working = asyncio.create_task(worker.run())
    await eventually_async(lambda: all_done(queue, 2))
    await eventually_async(lambda: retried(queue, 1))
    assert not waiting.done()
    await queue.redis.config_set("maxmemory", limit)
    assert await waiting == "patient"
    await eventually_async(lambda: is_done(queue, "patient"))
    worker.drain()
    await working
    assert [(await queue.job(job_id)).result for job_id in ids[1:]] == [1, 2]
    assert await pending(queue, "low") == {}


async def retried(queue, count):
    return (await queue.snapshot()).retried >= count


async def is_done(queue, job_id):
    return (await queue.job(job_id)).state == "done"


async def test_producers_with_other_watermarks_do_not_close_each_others_gates(redis_url):
    async with (
        Queue(redis_url, capacity={"low": (1, 4)}) as small,
        Queue(redis_url, capacity={"low": (2, 100)}) as large,
    ):
        for _ in range(4):
            await small.enqueue("task", priority="low")
        with pytest.raises(QueueFullError):
            await small.enqueue("task", priority="low")
        await large.enqueue("task", priority="low")  # five: nowhere near its own mark
        with pytest.raises(QueueFullError):  # and that one's acceptance has not opened this gate
            await small.enqueue("task", priority="low")


async def test_a_token_and_a_leaky_bucket_may_share_a_name(queue):
    await TokenBucket(queue, "mail", rate=10, most=5).take()
    assert await LeakyBucket(queue, "mail", rate=10, most=5).take() == 0
