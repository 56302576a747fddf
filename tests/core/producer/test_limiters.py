"""Token buckets and leaky buckets: producers share one by its name, and Redis keeps the time."""

import asyncio
from collections import Counter

import pytest

from helpers import eventually_async
from jobqueue import BadSetting, LeakyBucket, Queue, RateLimited, TokenBucket
from jobqueue.scripts import SCRIPTS
from steps import content


def line_of(queue, kind, name):
    """The key of a limiter."""
    return queue.keys.form("line") % {"kind": kind, "name": name}


async def let_pass(queue, name, seconds):
    """Let `seconds` pass for a token bucket."""
    key = line_of(queue, "token", name)
    at = float(await queue.redis.get(key))
    await queue.redis.set(key, at - seconds * 1000)


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


@pytest.mark.parametrize("rate", [0.3, 0.7, 0.09, 0.011])
async def test_a_burst_in_one_instant_is_whole_at_a_rate_that_no_double_holds(queue, rate):
    pipe = queue.redis.pipeline(transaction=True)
    for _ in range(21):
        pipe.eval(SCRIPTS["limit"].text, 1, line_of(queue, "token", "mail"), rate, 19)
    replies = await pipe.execute()
    assert [reply >= 0 for reply in replies] == [True] * 20 + [False]


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


async def test_a_full_leaky_bucket_refuses_and_says_when_to_come_back(queue):
    bucket = LeakyBucket(queue, "mail", rate=0.5, most=3)
    waits = [await bucket.take() for _ in range(4)]  # one goes on at once, three stand in line
    assert [round(wait) for wait in waits] == [0, 2, 4, 6]
    before = await content(queue)
    with pytest.raises(RateLimited, match="the line is full") as refusal:
        await bucket.take()
    assert 1 < refusal.value.retry_after <= 2
    assert await content(queue) == before
    key = line_of(queue, "leaky", "mail")
    free_at = float(await queue.redis.get(key))
    await queue.redis.set(key, free_at - 1000 * refusal.value.retry_after - 1)  # that time has passed
    assert 5.9 < await bucket.take() <= 6


async def test_an_idle_leaky_bucket_saves_up_no_burst(queue):
    bucket = LeakyBucket(queue, "mail", rate=2, most=5)
    await bucket.take()
    await queue.redis.set(line_of(queue, "leaky", "mail"), (await server_seconds(queue) - 3600) * 1000)
    assert (await bucket.take(), 0.4 < await bucket.take() <= 0.5) == (0, True)


async def test_a_bucket_that_is_not_used_expires(queue):
    await TokenBucket(queue, "token", rate=10, most=5).take()
    await LeakyBucket(queue, "leaky", rate=10, most=5).take()
    assert 0 < await queue.redis.pttl(line_of(queue, "token", "token")) <= 1500
    assert 0 < await queue.redis.pttl(line_of(queue, "leaky", "leaky")) <= 1100


@pytest.mark.parametrize("kind", [TokenBucket, LeakyBucket])
@pytest.mark.parametrize(
    ("rate", "most"), [(0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1), ("1", 1), (1, 0), (1, 1.5)]
)
async def test_an_impossible_bucket_is_refused(queue, kind, rate, most):
    with pytest.raises(BadSetting):
        kind(queue, "mail", rate, most)


async def test_a_token_and_a_leaky_bucket_may_share_a_name(queue):
    await TokenBucket(queue, "mail", rate=10, most=5).take()
    assert await LeakyBucket(queue, "mail", rate=10, most=5).take() == 0
