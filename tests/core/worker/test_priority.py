"""Policies: as functions, in simulation, and on a live queue whose policy changes while it runs."""

import asyncio
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import eventually_async
from jobqueue import BadSetting, NewJob, Queue, Worker, aging, strict, weighted
from jobqueue.keys import TIERS
from jobqueue.lab.experiments.simulate import simulate
from jobqueue.policies import named

HEADS = st.dictionaries(st.sampled_from(TIERS), st.floats(0, 1e6), min_size=1)


# F49
@given(HEADS, st.floats(0.01, 1e4))
def test_every_policy_picks_a_tier_that_has_work(heads, seconds):
    for policy in (strict, aging(seconds), weighted({"high": 6, "normal": 3, "low": 1}, random.Random(0))):
        assert policy(dict(heads)) in heads


# F50
@given(HEADS, st.floats(0.01, 1e4))
def test_aging_never_lets_a_higher_tier_overtake_a_job_that_is_older_by_the_bound(heads, seconds):
    picked = aging(seconds)(heads)
    for tier, age in heads.items():
        steps = TIERS.index(tier) - TIERS.index(picked)
        assert age - heads[picked] <= max(0, steps) * seconds * 1.000001


def test_of_equal_age_the_higher_tier_goes_first():
    for policy in (strict, aging(5)):
        assert policy({"low": 3.0, "normal": 3.0, "high": 3.0}) == "high"


def test_weights_are_shares_over_the_tiers_that_have_work():
    policy = weighted({"high": 6, "normal": 3, "low": 1}, random.Random(1))
    picks = [policy({"high": 0.0, "low": 9.0}) for _ in range(7000)]
    assert 5800 < picks.count("high") < 6200


# F08
@pytest.mark.parametrize(
    "name",
    [
        "",
        "fifo",
        "aging",
        "aging:x",
        "aging:-1",
        "aging:0",
        "weighted:1/2",
        "weighted:0/1/1",
        "weighted:inf/1/1",
        "aging:nan",
    ],
)
def test_a_policy_misnamed_is_refused(name):
    with pytest.raises(BadSetting):
        named(name, random.Random())


@pytest.mark.parametrize("name", ["strict", "aging:5", "aging:0.5", "weighted:6/3/1"])
def test_a_policy_is_named_by_a_text(name):
    assert named(name, random.Random())({"low": 1.0}) == "low"


# F48
def test_in_a_flood_strict_priority_starves_and_aging_bounds_the_wait():
    flood = [(t / 10, "high") for t in range(3000)] + [(50.0, "low")]
    starved = next(job for job in simulate(flood, strict, service=0.11) if job.tier == "low")
    aged = next(job for job in simulate(flood, aging(5), service=0.11) if job.tier == "low")
    assert starved.waited > 250  # the flood is over before its turn comes
    # By then the oldest high job has waited some time, too: the low one is first once it is 10 s older than that.
    assert aged.waited < 30


def test_a_simulation_never_idles_beside_work_and_forgets_nobody():
    rng = random.Random(3)
    arrivals = [(rng.uniform(0, 100), rng.choice(TIERS)) for _ in range(500)]
    served = simulate(arrivals, aging(3), service=0.5, slots=3)
    assert sorted((job.arrived, job.tier) for job in served) == sorted(arrivals)
    assert max(job.started for job in served) <= max(100, 500 * 0.5 / 3) + 0.5


def test_in_a_simulation_no_job_starts_before_it_came():
    together = simulate([(10.0, "high")] * 3, strict, service=1, slots=2)  # both slots have been free all the time
    assert [job.started for job in together] == [10, 10, 11]


@pytest.mark.parametrize("name", ["strict", "aging:0.1"])
async def test_the_simulation_agrees_with_the_live_queue(redis_url, name):
    """The same policy starts the same jobs in the same order, given the arrivals that Redis recorded."""
    ran = []

    async def run(job):
        ran.append(job.payload)
        await asyncio.sleep(0.05)

    async with Queue(redis_url) as queue:
        await queue.set_policy(name)
        await queue.enqueue("run", 0, priority="low")
        await asyncio.sleep(0.5)  # five steps of aging: enough to overtake, and no machine is so slow as to undo it
        for number, tier in enumerate(["normal", "low", "high", "low", "high"], start=1):
            await queue.enqueue("run", number, priority=tier)
        arrivals = await recorded(queue)
        await Worker(queue, {"run": run}, concurrency=1).run_until_idle()
    simulated = simulate(arrivals, named(name, random.Random()), service=0.05)
    assert ran == [arrivals[job.arrived, job.tier] for job in simulated]


async def recorded(queue):
    """When each job became waiting, in seconds before now, and which tier: the number in its payload."""
    seconds, microseconds = await queue.redis.time()
    now = seconds + microseconds / 1e6
    found = {}
    for tier in TIERS:
        for entry, fields in await queue.redis.xrange(queue.keys.stream(tier)):
            milliseconds, number = map(int, entry.split(b"-"))
            arrived = milliseconds / 1000 + number / 1e6 - now
            found[arrived, tier] = json.loads(fields[b"body"])["payload"]
    return found


async def test_a_running_fleet_follows_a_new_policy(redis_url):
    picked = []

    async def run(job):
        picked.append(job.priority)
        await asyncio.sleep(0.01)

    async with Queue(redis_url) as queue:
        await queue.enqueue_many(NewJob("run", n, tier) for n in range(150) for tier in ("high", "low"))
        worker = Worker(queue, {"run": run}, concurrency=1, policies={"upside-down": lambda heads: list(heads)[-1]})
        working = asyncio.create_task(worker.run())
        await eventually_async(lambda: len(picked) >= 10)
        assert set(picked) == {"high"}
        await queue.set_policy("upside-down")
        await eventually_async(lambda: "low" in picked)
        await queue.set_policy(None)
        before = len(picked)
        await eventually_async(lambda: "high" in picked[before:])
        await queue.set_policy("nobody-knows-it")
        before = len(picked)
        await eventually_async(lambda: len(picked) > before + 5)
        assert set(picked[before + 2 :]) == {"high"}
        worker.drain()
        await working
