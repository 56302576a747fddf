"""A tier with a capacity refuses jobs when it's full, and opens again at its low watermark."""

import pytest
from filling import admits, depth, fill, settle

from jobqueue import BadSetting, Queue, QueueFullError
from jobqueue.admission import LONGEST_WAIT, SHORTEST_WAIT
from jobqueue.keys import TIERS
from steps import content, take


# F03
async def test_a_full_tier_refuses_with_a_reason_and_writes_nothing_but_its_gate(bounded):
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


async def test_a_tier_that_was_full_is_closed_even_if_no_producer_was_refused(bounded):
    queue = await bounded(low=(4, 8))
    await fill(queue, 8)
    await settle(queue, 2)
    assert not await admits(queue)
    await settle(queue, 2)
    assert await admits(queue)


async def test_a_limit_can_be_set_raised_and_taken_away_while_jobs_come(bounded):
    queue = await bounded(high=1)
    queue.limit("low", (1, 2))
    await fill(queue, 2)
    assert not await admits(queue)
    queue.limit("low", 3)
    assert await admits(queue) and not await admits(queue)
    queue.limit("low", None)
    assert await admits(queue)
    assert queue.watermarks == {"high": (0, 1), "normal": (0, 0), "low": (0, 0)}
    with pytest.raises(BadSetting, match="the tiers are high, normal, low"):
        queue.limit("lowest", 1)


async def test_a_tier_with_one_number_as_its_capacity_admits_whenever_it_has_a_place(bounded):
    queue = await bounded(low=2)
    await fill(queue, 2)
    for _ in range(3):
        assert not await admits(queue)
        await settle(queue, 1)
        assert await admits(queue)


async def test_each_tier_has_its_own_capacity_and_one_without_has_none(bounded):
    queue = await bounded(low=1, high=2, normal=None)
    await fill(queue, 1, "low")
    await fill(queue, 2, "high")
    await fill(queue, 50, "normal")
    assert [await admits(queue, tier) for tier in TIERS] == [False, True, False]


# F01
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


# F45
async def test_a_closed_gate_opens_whatever_emptied_the_tier(bounded):
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
        {"urgent": 5}, {"low": 0}, {"low": -1}, {"low": 1.5}, {"low": "5"}, {"low": (5, 5)}, {"low": (6, 5)},
        {"low": ()}, {"low": (-1, 5)}, {"low": (1, 2, 3)}, {"low": [1, 2]}, {"low": True},
    ],
    ids=str,
)  # fmt: skip
def test_an_impossible_capacity_is_refused(capacity):
    with pytest.raises(BadSetting, match="capacity"):
        Queue("unix:///nowhere", capacity=capacity)


async def test_producers_with_different_watermarks_do_not_close_each_others_gates(redis_url):
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
