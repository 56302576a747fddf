"""The zoo: wrong solutions, each with one wrong idea, and right ones in differing styles. The checkers know them all.

A wrong one's docstring gives `bug: …`, with the failure's id in brackets if it has one.
"""

import re
from importlib import import_module

import pytest
from animals import ANIMALS, ZOO, animal, name

from jobqueue.explorer import explore
from jobqueue.lab import check
from jobqueue.lab.check.piece import Piece

EVERYDAY = ("reaper/wrong_requeue_then_acknowledge", "reaper/right_watch", "process/wrong_acknowledge_first")
WRONG = [path for path in ANIMALS if path.stem.startswith("wrong_")]
RIGHT = [path for path in ANIMALS if path.stem.startswith("right_")]


@pytest.mark.sampled(8)
@pytest.mark.parametrize("path", WRONG, ids=name)
async def test_the_wrong_idea_is_named(path):
    checker, function, doc = animal(path)
    bug, failure = re.search(r"^bug: (\S+)(?: \((F\d\d)\))?$", doc, re.M).groups()
    verdict = await checker(function)
    assert (verdict.ok, verdict.bug, verdict.failure) == (False, bug, failure), f"{verdict}"
    assert verdict.words and verdict.lesson


@pytest.mark.parametrize("path", RIGHT[::6], ids=name)
async def test_a_right_one_passes(path):
    checker, function, _ = animal(path)
    verdict = await checker(function)
    assert verdict.ok and verdict.bug is None, f"{verdict}"
    assert verdict.counted in str(verdict)


#: `-m verdicts` judges everything three times. CI judges once on each Python.
AGAIN = [0, *(pytest.param(again, marks=pytest.mark.long) for again in (1, 2))]


@pytest.mark.verdicts
@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("path", RIGHT, ids=name)
async def test_a_right_one_passes_every_time(path, again):
    """On any Python and any machine: a checker that blames right code is worse than none."""
    checker, function, _ = animal(path)
    verdict = await checker(function).judge()
    assert verdict.ok and verdict.bug is None, f"{verdict}"
    assert verdict.counted in str(verdict)


@pytest.mark.verdicts
@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("checker", check.__all__[1:])
async def test_the_kits_own_solution_passes_every_time(checker, again):
    module = import_module(f"jobqueue.lab.solutions.{checker}")
    (function,) = [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]
    verdict = await getattr(check, checker)(function).judge()
    assert verdict.ok, f"{verdict}"


@pytest.mark.parametrize("folder", sorted({path.parent for path in ANIMALS}), ids=lambda folder: folder.name)
def test_there_are_enough_of_them(folder):
    assert sum(path.parent == folder for path in WRONG) >= 8
    assert sum(path.parent == folder for path in RIGHT) >= 4


async def recognising_changes_nothing(path, most):
    checker, function, _ = animal(path)
    for case in checker.cases(Piece(function)):
        if not case.recognise:
            continue
        quick = await explore(case.scenario, schedules=most, steps=case.steps)
        if quick.bound or quick.schedules > most:  # too many to run them all
            continue
        brute = await explore(case.scenario, steps=case.steps, recognise=False)
        assert (quick.verdict, quick.schedules, quick.losing) == (brute.verdict, brute.schedules, brute.losing)
        assert {(p.kind, p.faults) for p in quick.problems} == {(p.kind, p.faults) for p in brute.problems}


@pytest.mark.slow
@pytest.mark.parametrize("path", [ZOO / f"{name}.py" for name in EVERYDAY], ids=name)
async def test_recognising_states_changes_no_count_everyday(path):
    await recognising_changes_nothing(path, most=1_000)


@pytest.mark.long
@pytest.mark.parametrize("path", ANIMALS, ids=name)
async def test_recognising_states_changes_no_count(path):
    await recognising_changes_nothing(path, most=5_000)


@pytest.mark.parametrize(("stem", "expected"), [("right_never_looks_again", True), ("right_script_per_entry", False)])
async def test_acting_on_old_news_earns_a_remark(stem, expected):
    checker, function, _ = animal(ZOO / "reaper" / f"{stem}.py")
    remarks = (await checker(function)).remarks
    assert any("doesn't ask again" in remark for remark in remarks) == expected


@pytest.mark.parametrize(
    ("stem", "expected"),
    [("right_claim_first", True), ("right_claims_and_asks_again", False), ("right_script_per_entry", False)],
)
async def test_standing_still_with_a_job_earns_a_remark(stem, expected):
    checker, function, _ = animal(ZOO / "reaper" / f"{stem}.py")
    remarks = (await checker(function)).remarks
    assert any("stands still" in remark for remark in remarks) == expected


@pytest.mark.parametrize(
    ("stem", "doubled"), [("right_one_after_the_other", "some"), ("right_script_that_looks_first", "0")]
)
async def test_a_pass_does_not_deny_the_duplicates_it_remarks_on(stem, doubled):
    checker, function, _ = animal(ZOO / "settle_failure" / f"{stem}.py")
    assert (await checker(function)).counted.endswith(f"0 lost, {doubled} doubled")
