"""The whole Worker and Reaper: exhaustively where that takes seconds, within a bound that is said where it does not."""

import gc
import sys

import pytest
from whole import WHOLE


# F30, F36
@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", WHOLE)
def test_whole_workers_and_reapers(run, name, monkeypatch):
    last_words, case = [], WHOLE[name]
    monkeypatch.setattr(sys, "unraisablehook", last_words.append)
    report = run(case.scenario(name), bounds=case.bounds(everyday=True))
    assert report.ok, str(report)
    assert report.bound == (None if case.runs is None else f"{case.runs:,} schedules run")
    gc.collect()
    assert not last_words, "a worker was collected after the search, so in the midst of another test at times"
