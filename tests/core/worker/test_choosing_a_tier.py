"""A worker's policy picks the tier of each next job, and a policy that fails can't stop the worker."""

import pytest

from jobqueue.keys import TIERS
from workers import hire


async def order_of_tiers(queue, policy, tiers=("low", "normal", "high", "low", "high")):
    order = []

    async def handle(job):
        order.append(job.priority)

    for tier in tiers:
        await queue.enqueue("task", priority=tier)
    await hire(queue, handle, concurrency=1, **({"policy": policy} if policy else {})).run_until_idle()
    return order


STRICT = ["high", "high", "normal", "low", "low"]


async def test_by_default_priority_is_strict(queue):
    assert await order_of_tiers(queue, None) == STRICT


# F49
async def test_a_policy_picks_from_the_tiers_that_have_work_and_their_ages(queue):
    seen = []

    def lowest(heads):
        seen.append(dict(heads))
        return list(heads)[-1]

    assert await order_of_tiers(queue, lowest) == STRICT[::-1]
    assert seen[0].keys() == set(TIERS)
    assert all(0 <= age < 10 for age in seen[0].values())


def fail(heads):
    raise RuntimeError("a bug in a policy")


def take_away(heads):
    heads.clear()
    return "low"


@pytest.mark.parametrize(
    "policy", [fail, lambda heads: "urgent", lambda heads: None, lambda heads: ["high"], take_away]
)
async def test_a_policy_that_fails_or_picks_nonsense_does_not_stop_the_worker(queue, policy, caplog):
    order = await order_of_tiers(queue, policy)
    assert order == STRICT if policy is not take_away else len(order) == 5
    assert "strict priority from now on" in caplog.text or policy is take_away


async def test_a_job_that_comes_while_another_runs_is_seen_before_the_next_is_fetched(queue, monkeypatch):
    monkeypatch.setattr("jobqueue.runner.FRESH_SECONDS", 0)  # each look is too old as soon as it's made
    order = []

    async def handle(job):
        order.append(job.priority)
        if len(order) == 2:
            await queue.enqueue("task", priority="high")

    for _ in range(4):
        await queue.enqueue("task", priority="low")
    await hire(queue, handle, concurrency=1).run_until_idle()
    assert order == ["low", "low", "high", "low", "low"]
