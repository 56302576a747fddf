"""The whole Worker and Reaper: exhaustively where that takes seconds, within a bound that is said where it does not."""

import pytest
from whole import WHOLE


# F30, F36
@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", WHOLE)
def test_whole_workers_and_reapers(run, name):
    case = WHOLE[name]
    report = run(case.scenario(name), bounds=case.bounds(everyday=True))
    assert report.ok, str(report)
    assert report.bound == (None if case.runs is None else f"{case.runs:,} schedules run")
