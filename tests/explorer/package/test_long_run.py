"""The long run, and that its short form works."""

import long_run
import pytest
from long_run import chance

from jobqueue.explorer import Bounds


@pytest.mark.long
def test_ten_minutes_find_nothing():
    told = long_run.run(minutes=10, processes=2)
    assert not [one.findings for one in told if one.findings]


@pytest.mark.slow
def test_worlds_drawn_by_chance_are_the_same_each_time_and_hold(run):
    first, again = (run(chance(2).scenario("world 2"), bounds=Bounds(schedules=150)) for _ in range(2))
    assert first.ok, str(first)
    assert (first.schedules, first.states, first.runs) == (again.schedules, again.states, again.runs)
