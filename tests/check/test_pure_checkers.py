"""Checkers of plain functions: their rules and pictures, as data; and copies that keep programs apart."""

import asyncio
import random

import pytest

from jobqueue.keys import TIERS
from jobqueue.lab import check
from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.pictures.policy import longest_waits
from jobqueue.lab.check.pictures.waits import BackoffPicture
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.backoff.judge import ATTEMPTS, judge
from jobqueue.lab.check.pieces.pick.judge import allowed
from jobqueue.lab.check.pieces.pick.worlds import all_heads
from jobqueue.lab.check.pieces.weights.judge import LotTally, fits
from jobqueue.lab.check.pieces.weights.judge import judge as judge_draws
from jobqueue.lab.check.pieces.weights.worlds import Lot, all_lots
from jobqueue.lab.solutions.weights import draw_tier


def strict(heads):
    return next(tier for tier in TIERS if tier in heads)


def full_jitter(attempt, rng):
    return rng.uniform(0, min(60, 2**attempt))


#: As a notebook's cell: a function with a global variable of its own.
CELL = """
seen = []

def remembers(value):
    seen.append(value)
    return len(seen)
"""


@pytest.mark.parametrize(
    ("heads", "rule", "tiers"),
    [
        ({"low": 5.0}, "alone", ["low"]),
        ({"high": 5.0, "low": 5.0}, "equal", ["high"]),
        ({"high": 0.0, "low": 61.0}, "older", ["low"]),
        ({"high": 0.0, "low": 60.0}, "dominated", ["high", "low"]),
        ({"high": 9.0, "normal": 3.0, "low": 20.0}, "dominated", ["high", "low"]),
        ({"high": 0.0, "normal": 70.0, "low": 70.0}, "dominated", ["high", "normal"]),
    ],
)
def test_what_a_policy_may_answer(heads, rule, tiers):
    assert allowed(heads) == (rule, tiers)


def test_the_heads_are_always_the_same_and_the_smallest_come_first():
    heads = all_heads()
    assert heads == all_heads()
    assert heads[0] == {"high": 0.0} and [len(some) for some in heads] == sorted(len(some) for some in heads)
    assert all(allowed(some)[1] for some in heads)


def test_waits_in_a_flood():
    picked = ["high"] * 5 + ["low"]  # one low job came at 0 s and was picked at 5 s; high ones waited for it
    assert longest_waits(picked) == {"high": 1, "normal": 6, "low": 5}


async def test_the_smallest_example_is_shown_with_the_flood():
    verdict = await check.pick(strict)
    assert verdict.picture.example == ({"high": 0.0, "low": 61.0}, "high", ["low"], "older")
    assert set(verdict.picture.picked) == {"high"}
    for words in ("◀ your pick", "✓ older than any other", "never picked"):
        assert words in str(verdict) and words in verdict._repr_html_()


async def test_the_waits_are_shown():
    verdict = await check.backoff(full_jitter)
    waits = verdict.picture.waits
    assert list(waits)[:3] == [1, 2, 3] and all(len(some) == 400 for some in waits.values())
    assert max(waits[3]) <= 8 and verdict.picture.scale == 60
    assert "0.13 – 59.6 s" in str(verdict) and "<img" in verdict._repr_html_()


def test_a_picture_has_room_for_what_is_too_long():
    picture = BackoffPicture({1: [100.0, 300.0], 2: [5.0, 5.0]})
    assert picture.scale == 306
    assert "always 5 s" in str(picture)


async def test_the_same_counts_and_words_every_time():
    for function, checker in ((strict, check.pick), (full_jitter, check.backoff)):
        first, second = await checker(function), await checker(function)
        assert str(first) == str(second)


def test_exponential_growth_is_distinguished_from_linear():
    def named(bound):
        waits = {a: [bound(a) * random.Random(at).random() for at in range(400)] for a in ATTEMPTS}
        wrong = judge(waits)
        return wrong and wrong[0]

    for base in (1.2, 1.5, 2, 3, 10):
        assert named(lambda attempt, base=base: min(60, 0.5 * base**attempt)) is None
    for slope in (1, 3, 5, 10, 15):
        assert named(lambda attempt, slope=slope: min(60, slope * attempt)) == "not-exponential"


def test_programs_share_no_globals():
    cell = {"__name__": "a notebook"}
    exec(CELL, cell)
    piece = Piece(cell["remembers"])
    first, second = apart(piece).function, apart(piece).function
    assert (first(1), first(2), second(3)) == (1, 2, 1)
    assert cell["seen"] == []


async def test_a_program_that_is_gone_notes_nothing():
    class World:
        _world = None
        effects = ()

        def record(self, *effect):
            self.effects += (effect,)

    world = World()
    note = noting(world)
    note("here")
    await asyncio.create_task(_call(note, "elsewhere"))
    assert world.effects == (("here",),)


async def _call(note, effect):
    note(effect)


def additive(heads):
    return max(heads, key=lambda tier: {"high": 40, "normal": 20, "low": 0}[tier] + heads[tier])


def oldest(heads):
    return max(heads, key=lambda tier: (heads[tier], tier == "high", tier == "normal"))


async def test_a_tie_that_the_dict_decides_is_a_remark():
    verdict = await check.pick(additive)
    assert verdict.ok and any("the order of the dict decides" in remark for remark in verdict.remarks)


async def test_first_come_first_served_is_no_priority_and_the_picture_shows_it():
    verdict = await check.pick(oldest)
    assert verdict.bug == "no-priority"
    assert "✓ a higher tier, and hardly younger" in str(verdict)


@pytest.mark.parametrize("seed", range(20))
def test_a_fair_lot_passes_whatever_the_seed(seed):
    rng = random.Random(seed)
    tallies = []
    for at, lot in enumerate(all_lots()):
        draws = [draw_tier(lot.heads, lot.weights, rng) for _ in range(lot.draws)]
        tallies.append(LotTally(at, lot, {tier: draws.count(tier) for tier in set(draws)}))
    assert judge_draws(tallies) is None


def test_a_tier_may_stray_from_its_share_by_luck_only():
    lot = Lot({"high": 1.0, "low": 1.0}, {"high": 6, "normal": 3, "low": 1}, "", 1_000)
    assert lot.shares == {"high": 6 / 7, "low": 1 / 7}
    assert fits(LotTally(0, lot, {"high": 840, "low": 160}), lot.shares)
    assert not fits(LotTally(0, lot, {"high": 600, "low": 400}), lot.shares)
    assert not fits(LotTally(0, lot, {"high": 1_000}), lot.shares)


def draws_among_all(heads, weights, rng):
    return rng.choices(list(weights), list(weights.values()))[0]


async def test_a_draw_of_an_empty_tier_is_shown_next_to_the_tier_with_work():
    verdict = await check.weights(draws_among_all)
    [(at, counts)] = verdict.picture.rows
    assert list(all_lots()[at].heads) == ["low"] and counts["high"] + counts["normal"] > 30
    for words in ("low has work. Weights: high 6 · normal 3 · low 1.", "and it has no work", "and its share is 50"):
        assert words in str(verdict) and words in verdict._repr_html_()


async def test_a_right_lot_is_shown_for_each_set_of_tiers_with_work():
    verdict = await check.weights(draw_tier)
    assert verdict.ok and [len(counts) for _, counts in verdict.picture.rows] == [2, 2, 2, 3]
    assert "normal, low have work" in str(verdict) and str(verdict) == str(await check.weights(draw_tier))
