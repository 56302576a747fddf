"""Checkers run steps that commute in one order only. The zoo's verdicts are those of every order."""

import pytest
from animals import ANIMALS, animal, name

#: One of so many is tried every day.
EVERYDAY = 40

SAMPLED = [pytest.param(path, marks=[] if at % EVERYDAY == 7 else pytest.mark.long) for at, path in enumerate(ANIMALS)]


async def judge(path, reduce):
    checker, function, _ = animal(path)
    check = checker(function)
    check._reduce = reduce
    return await check.judge()


@pytest.mark.parametrize("path", SAMPLED, ids=name)
async def test_a_verdict_is_the_same_when_every_order_is_run(path):
    reduced, whole = [await judge(path, reduce) for reduce in (True, False)]
    assert (reduced.ok, reduced.bug, reduced.failure) == (whole.ok, whole.bug, whole.failure)
    if any("not all of it" in case for case in (*reduced.cases, *whole.cases)):
        return  # the same number of runs covers more schedules when some needn't be run
    assert (reduced.words, reduced.remarks, reduced.counted) == (whole.words, whole.remarks, whole.counted)
    assert (reduced.schedules, reduced.states, reduced.cases) == (whole.schedules, whole.states, whole.cases)
    assert choices(reduced) == choices(whole)


def choices(verdict):
    return verdict.schedule and verdict.schedule.choices
