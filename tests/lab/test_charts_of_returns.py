"""The charts of admission and of retries, as data."""

import numpy as np
import pandas as pd
import pytest

from jobqueue.lab import charts
from jobqueue.lab.charts.admission import grown
from tables import attempt, counted, drawn, failing, full, recorded, sample, title


def test_growth_of_a_count_is_by_the_time_in_which_it_grew():
    totals = pd.DataFrame(counted((0.0, 0, 0), (0.5, 10, 0), (1.0, 30, 2), (2.5, 35, 5)))
    assert list(grown(totals, "accepted_jobs", 1.0)) == [30, 0, 5]
    assert list(grown(totals, "refused_jobs", 1.0)) == [2, 0, 3]


def test_a_server_that_lost_its_memory_is_no_negative_growth():
    assert list(grown(pd.DataFrame(counted((0.5, 10, 0), (1.5, 3, 0))), "accepted_jobs", 1.0)) == [10, 0]


def test_accepted_and_refused_are_drawn_as_a_rate_and_add_up():
    figure = charts.admission(full())
    accepted, refused = drawn(figure, "accepted"), drawn(figure, "refused")
    assert sum(accepted.customdata) == 610 and sum(refused.customdata) == 390
    assert list(accepted.y) == pytest.approx(np.array(accepted.customdata) / (accepted.width / 0.92))
    assert figure.layout.barmode == "stack" and refused.marker.pattern.shape == "/"


def test_depth_is_drawn_beside_its_watermark():
    figure = charts.admission(full())
    assert list(drawn(figure, "low depth").y) == [10, 500, 499]
    assert list(drawn(figure, "low capacity_jobs").y) == [500, 500, 500]
    assert list(drawn(figure, "low reopens_jobs").y) == [400, 400, 400]
    assert title(figure) == "390 of 1,000 offers were refused: low used up to 500 of its 500 places"
    assert figure.measures == {"refused": (390.0, "jobs"), "greatest depth of all tiers": (500.0, "jobs")}


def test_nothing_refused_with_and_without_a_bound():
    totals = counted((0.0, 0, 0), (1.0, 3, 0))
    bounded = recorded(totals=totals, samples=[sample(1.0, waiting=2, capacity_jobs=9)])
    assert title(charts.admission(bounded)) == "None of 3 jobs was refused: depth never passed 2"
    boundless = recorded(totals=totals, samples=[sample(1.0, waiting=2, delayed=1)])
    assert title(charts.admission(boundless)) == "All 3 jobs were accepted, and depth grew to 3: no tier has a bound"


def test_retries_that_come_at_once_are_a_storm():
    figure = charts.retries(recorded(attempts=failing([4.01] * 8 + [7.0, 9.0])))
    assert title(figure) == "A retry storm: 8 of 10 retries came back within the same 0.1 s"
    bars, points = (trace for trace in figure.data if trace.meta == "attempt 2")
    assert sum(bars.y) == 10 and max(bars.y) == 8
    assert sorted(points.x) == pytest.approx([4.01] * 8 + [7.0, 9.0])
    assert set(np.round(points.y)) == {2}


def test_a_storm_may_fall_across_two_bars_and_come_in_rounds():
    runs = [
        attempt(
            f"j{i}", number=n, waiting=n * 2 + 0.15 + i / 100, started=n * 2 + 0.3, ended=n * 2 + 1, outcome="retried"
        )
        for i in range(10)
        for n in (1, 2, 3, 4)
    ]
    figure = charts.retries(recorded(attempts=runs))
    assert title(figure) == "A retry storm: 10 of 30 retries came back within the same 0.1 s"
    assert max(drawn(figure.select_traces({"type": "bar"}), "attempt 2").y) < 10


def test_retries_that_are_spread_are_none():
    figure = charts.retries(recorded(attempts=failing(np.linspace(1, 9, 20))))
    assert title(figure) == "20 retries, spread out: never more than 1 job came back within 0.1 s"


def test_a_job_that_was_reaped_is_no_retry():
    runs = [attempt("a", outcome="reaped"), attempt("a", number=2, started=2.0, ended=3.0)]
    assert charts.retries(recorded(attempts=runs)).finding == "Nothing was recorded"


def test_late_attempts_share_a_colour_but_not_a_row():
    runs = [attempt("a", number=n, waiting=n, started=n, outcome="retried") for n in range(1, 9)]
    figure = charts.retries(recorded(attempts=runs))
    _, points = (trace for trace in figure.data if trace.meta == "attempt 5 and later")
    assert [round(y) for y in points.y] == [5, 6, 7, 8]
