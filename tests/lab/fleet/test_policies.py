"""A policy from a cell reaches the workers."""

import asyncio

import pytest

from fleet_steps import held_by, hired
from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.processes import NAMES


async def test_a_policy_reaches_those_who_are_there_the_frozen_and_those_who_come(world, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"

    def lowest(heads):
        return max(heads, key=["high", "normal", "low"].index)

    await hired(world, 2, concurrency=1)
    for _ in range(2):
        await world.queue.enqueue("gate", str(first))
    await world.until(lambda frame: frame.pending["normal"] == 2)
    world.freeze("ben")
    assert await world.teach(lowest) == await world.queue.policy() == "lowest#1"
    for tier in ("high", "low") * 3:
        await world.queue.enqueue("gate", str(second), priority=tier)
    world.thaw("ben")
    await hired(world, concurrency=1)
    first.touch()
    await world.until(lambda frame: frame.done == 2 and sum(frame.pending.values()) == 3)
    assert [await held_by(world, name) for name in NAMES[:3]] == [1, 1, 1]
    assert (await world.recorder.refresh()).pending == {"high": 0, "normal": 0, "low": 3}
    assert await world.teach(lowest) == "lowest#2"  # an edited cell's is another function


@pytest.mark.parametrize("policy", ["aging:0.001", lambda heads: max(heads, key=heads.get)], ids=["name", "function"])
async def test_workers_may_have_a_policy_of_their_own(world, policy, tmp_path):
    await world.queue.enqueue("gate", str(tmp_path / "gate"), priority="low")
    await asyncio.sleep(0.01)
    await world.queue.enqueue("gate", str(tmp_path / "gate"), priority="high")
    await hired(world, concurrency=1, policy=policy)
    assert (await world.until(lambda frame: frame.pending["low"])).pending["high"] == 0


@pytest.mark.parametrize(
    ("pick", "words"),
    [
        ("strict", "a policy is a plain function"),
        (lambda heads: None, "picked None: it must be one of high, normal, low"),
        (lambda heads: "high", "picked 'high': it must be one of low"),
        (lambda heads: heads["urgent"], "raised KeyError"),
    ],
)
async def test_a_policy_that_could_not_be_followed_is_refused(world, pick, words):
    with pytest.raises(BadSetting, match=words):
        await world.teach(pick)
    assert await world.queue.policy() is None
