"""One protection off at a time: what the lesson's matrix says is what happens."""

import asyncio

import pytest

from helpers import eventually_async
from jobqueue.errors import BadSetting
from jobqueue.lab.chaos import matrix
from jobqueue.lab.experiments.audit import by_id, examine
from jobqueue.lab.experiments.matrix_table import worst
from jobqueue.lab.experiments.unprotected import FENCE, PROTECTIONS, UNFENCED
from jobqueue.lab.world import World
from jobqueue.scripts import SCRIPTS


@pytest.mark.slow
async def test_an_interrupted_matrix_leaves_nobody_and_can_be_filled_again():
    async with World() as world:
        trying = asyncio.create_task(matrix(world))
        await eventually_async(lambda: any(one.frozen for one in world.fleet.members.values()))
        trying.cancel()
        await asyncio.wait([trying])
        assert not any(one.alive for one in world.fleet.members.values())
        table = await matrix(world, "fence off")
    assert list(table.index) == ["all on", "fence off"]
    assert dict(table.loc["fence off"]) == dict(table.loc["all on"]) | {"freeze": "settled twice"}


async def test_a_protection_that_there_is_not_is_refused():
    async with World() as world:
        with pytest.raises(BadSetting, match="no protection is called 'fence'"):
            await matrix(world, "fence")


@pytest.mark.slow
async def test_each_protection_stands_against_its_own_failure():
    async with World() as world:
        table = await matrix(world)
    assert list(table.index) == list(PROTECTIONS)
    found = {
        word: {(off, fault) for fault in table for off in table.index if table[fault][off] == word} for word in WORDS
    }
    assert found["gone"] == {("persistence off", "Redis restarts")}
    assert found["stuck"] == {
        ("reaper off", "kill -9"),
        ("reaper off", "job fails once"),  # the reaper also promotes what is delayed
    }
    assert {("heartbeat off", "long job"), ("retries off", "kill -9"), ("retries off", "job fails once")} <= found[
        "dead"
    ]
    assert {off for off, _ in found["dead"]} == {"heartbeat off", "retries off"}
    assert found["settled twice"] == {("fence off", "freeze")}
    assert ("drain off", "deploy") in found["run twice"]
    assert {("all on", "kill -9"), ("all on", "freeze")} <= found["run twice"]


WORDS = ("gone", "stuck", "dead", "settled twice", "run twice", "fine")


def test_the_fence_that_is_taken_away_is_there():
    assert FENCE in SCRIPTS["complete"].text and FENCE not in UNFENCED.text


def test_a_cell_says_the_worst():
    counts = {"gone": 1, "stuck": 1, "dead": 1, "settled_twice": 1, "run_twice": 1}
    said = []
    for name in [*counts, None]:
        said.append(worst(**counts))
        counts |= {name: 0} if name else {}
    assert said == list(WORDS)


async def by_id_later(accepted, outcomes):
    return by_id(accepted, outcomes)


WRONG = {
    "raised KeyError": lambda accepted, outcomes: {}["no outcome"],
    "dict with the keys": lambda accepted, outcomes: {"no outcome": []},
    "is a return missing": lambda accepted, outcomes: None,
    "as a list of ids, not how many": lambda accepted, outcomes: {"no outcome": 0, "settled twice": 0},
    "begin it with def": by_id_later,
    "a job twice under 'settled twice'": lambda accepted, outcomes: (
        by_id(accepted, outcomes) | {"settled twice": [job for job in outcomes if outcomes.count(job) > 1]}
    ),
    "three outcomes": lambda accepted, outcomes: (
        by_id(accepted, outcomes) | {"settled twice": [job for job in accepted if outcomes.count(job) == 2]}
    ),
    "in these books": lambda accepted, outcomes: (
        by_id(accepted, outcomes) | {"settled twice": sorted({job for job in outcomes if outcomes.count(job) > 1})}
    ),
    "which job has no outcome": lambda accepted, outcomes: {"no outcome": [], "settled twice": []},
    "which job was settled twice": lambda accepted, outcomes: by_id(accepted, outcomes) | {"settled twice": []},
    "make up for one without an outcome": lambda accepted, outcomes: (
        by_id(accepted, outcomes) if len(outcomes) != len(accepted) else {"no outcome": [], "settled twice": []}
    ),
}


@pytest.mark.parametrize("why", WRONG)
def test_an_auditor_is_audited(why):
    assert why in examine(WRONG[why])
    assert examine(by_id) == ""
