"""The days that lesson 08 simulates, and what its tables say of them."""

import random

import pytest

from frames import frame
from jobqueue.errors import BadSetting
from jobqueue.lab.experiments.day import DAY, HOUR, arrivals, batch, compare, judge, ordinary_day, rush
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.solutions.pick import pick
from jobqueue.policies import strict, weighted


def policies():
    return {"strict": strict, "weights": weighted({"high": 6, "normal": 3, "low": 1}, random.Random(1)), "aging": pick}


def test_a_day_is_the_same_again_and_another_with_another_seed():
    assert ordinary_day() == ordinary_day() != ordinary_day(1)
    assert all(0 <= time < DAY for time, _ in ordinary_day())
    assert 46_000 < len(ordinary_day()) < 49_000  # 0.55 a second
    assert {tier for _, tier in ordinary_day()} == {"high", "normal", "low"}


def test_a_rush_and_a_batch_are_when_and_what_they_say():
    times = [time for time, tier in rush() if tier == "high"]
    assert min(times) >= 9 * HOUR and max(times) < 11 * HOUR and 6_200 < len(times) < 6_800
    assert batch(3, at=1) == [(HOUR, "low")] * 3


def test_on_an_ordinary_day_the_policy_hardly_matters():
    assert compare(ordinary_day(), policies()).filter(like="_p95_s").to_numpy().max() < 10


def test_in_a_rush_strict_priority_starves_aging_makes_all_alike_and_weights_shield():
    waits = compare(ordinary_day() + rush(), policies())
    assert waits.loc["strict", "low_longest_s"] > 3 * HOUR
    assert waits.loc["weights", "low_longest_s"] < 120 and waits.loc["weights", "high_p95_s"] > 3_000
    spread = waits.loc["aging"].filter(like="_longest_s")
    assert spread.max() - spread.min() < 45  # two tiers apart, and the job that was just running


# F50
def test_a_batch_grown_old_goes_before_what_is_urgent_and_weights_do_not_let_it():
    waits = compare(ordinary_day() + batch(), policies())
    assert waits.loc["aging", "high_longest_s"] > HOUR
    assert max(waits.loc["weights", "high_longest_s"], waits.loc["strict", "high_longest_s"]) < 60


def test_weights_let_wait_whoever_brings_more_than_its_share():
    waits = compare(ordinary_day() + rush() + batch(1_000, at=9), policies())
    assert waits.loc["weights", "low_p95_s"] > 1.5 * waits.loc["aging", "low_p95_s"]


def test_what_a_recording_saw_can_be_simulated():
    came = {"event": "accepted", "job": "1", "tier": "low", "entry": "1-1", "worker": "", "attempt": 1, "t": 2.0}
    began = came | {"event": "fetched", "worker": "ada", "t": 5.0}
    left = came | {"job": "2", "entry": "2-1"}
    recording = Recording([frame(6.0, events=[came, left, began])])
    assert arrivals(recording) == [(2.0, "low")]  # the other was never begun
    assert compare(arrivals(recording), {"strict": strict}).loc["strict", "low_longest_s"] == 0


@pytest.mark.parametrize("tier", ["high", "normal"])
def test_a_tier_that_nobody_brought_did_not_wait(tier):
    assert compare([(0.0, "low")], {"strict": strict}).loc["strict", f"{tier}_p95_s"] == 0


GOALS = {("flood", "normal"): 60, ("batch", "high"): 4, ("both", "low"): 3600}


@pytest.mark.parametrize(
    ("weights", "missed"), [((6, 3, 1), ["both"]), ((2, 1, 1), []), ((1, 1, 1), ["batch"]), ((6, 1, 3), ["flood"])]
)
def test_weights_meet_a_goal_or_miss_it(weights, missed):
    day = ordinary_day()
    days = {"flood": day + rush(), "batch": day + batch(), "both": day + rush() + batch(1_000, at=9)}
    policy = weighted(dict(zip(("high", "normal", "low"), weights, strict=True)), random.Random(1))
    table = judge(policy, days, GOALS)
    assert table["day"].tolist() == ["flood", "batch", "both"] and table["goal_s"].tolist() == [60, 4, 3600]
    assert table[table["goal"] == "missed"]["day"].tolist() == missed
    assert ((table["p95_s"] <= table["goal_s"]) == (table["goal"] == "met")).all()


def test_a_goal_of_a_day_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="Monday"):
        judge(strict, {}, {("Monday", "low"): 1})


def test_a_policy_that_picks_an_empty_tier_is_named():
    with pytest.raises(BadSetting, match="the policy picked 'high', and only these tiers have work: low"):
        compare([(0.0, "low")], {"stubborn": lambda heads: "high"})
