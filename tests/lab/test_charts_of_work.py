"""The charts of executions and of starvation, as data."""

import numpy as np
import pytest

from jobqueue.lab import charts
from jobqueue.lab.charts.executions import laid_out
from jobqueue.lab.pictures.base.language import WORKER_COLOURS
from tables import attempt, drawn, killed, plain, recorded, sample, starved, title


def test_the_longest_time_a_tier_was_passed_over_is_marked():
    figure = charts.starvation(starved())
    assert list(drawn(figure, "longest").x) == [1.0, 8.9]
    assert title(figure) == "low starved for 7.9 s: 15 other jobs were begun meanwhile, and none of its own"
    assert figure.measures["the longest time low was passed over"] == (pytest.approx(7.9), "s")
    assert figure.measures["the longest time high was passed over"] == (0.0, "s")


def test_each_strip_is_the_age_of_a_tiers_oldest_waiting_job():
    figure = charts.starvation(starved())
    assert list(drawn(figure, "low").x) == [1.0, 2.0, 5.0, 8.0, 9.0]
    assert list(drawn(figure, "low").y) == [0, 1, 4, 7, 0]
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert "yaxis3" not in figure.layout, "normal has no strip: no job of it ever waited"


def test_waiting_while_nothing_at_all_is_begun_is_no_starvation():
    samples = [sample(t, waiting=1, oldest=t) for t in (0.0, 5.0, 10.0)]
    figure = charts.starvation(recorded(samples=samples))
    assert title(figure) == "No tier starved: no tier was ever passed over, and no job waited longer than 10.0 s"


def test_being_passed_over_for_a_moment_is_no_starvation():
    samples = [sample(t, "low", waiting=1, oldest=t) for t in (0.0, 0.4)]
    figure = charts.starvation(recorded(samples=samples, attempts=[attempt("h", "high", started=0.2)]))
    assert title(figure).startswith("No tier starved: no tier was passed over for more than 0.4 s")


def test_a_bar_is_as_long_as_its_worker_lived_and_an_orphan_until_it_was_reaped():
    figure = charts.executions(killed())
    assert (list(drawn(figure, "wasted").base), list(drawn(figure, "wasted").x)) == ([1.0], [1.0])
    assert (list(drawn(figure, "orphans").base), list(drawn(figure, "orphans").x)) == ([2.0], [4.0])
    assert drawn(figure, "wasted").marker.pattern.shape == "/"
    assert list(drawn(figure, "reaped").x) == [6.0]


def test_what_ran_is_drawn_by_worker_and_side_by_side_where_it_overlapped():
    figure = charts.executions(killed())
    ben = drawn(figure, "ben")
    assert sorted(zip(ben.base, ben.x, ben.y, strict=True)) == [(1.0, 2.0, 1), (2.0, 2.0, 2), (6.5, 1.0, 1)]
    assert ben.marker.color == WORKER_COLOURS[1]
    assert [plain(text) for text in figure.layout.yaxis.ticktext] == ["● ada", "■ ben"]
    assert list(figure.layout.yaxis.tickvals) == [0.0, 1.5]


def test_a_job_that_ran_before_is_outlined():
    again = drawn(charts.executions(killed()), "the job ran before")
    assert (list(again.base), list(again.x)) == ([6.5], [1.0])


def test_the_finding_counts_wasted_work_in_seconds():
    figure = charts.executions(killed())
    assert title(figure) == "1 job ran more than once: 1 of 4 executions was wasted, 1.0 s of work or 17 %"
    assert figure.measures == {"wasted work": (1.0, "s"), "jobs that ran more than once": (1.0, "jobs")}


def test_a_run_without_waste_is_called_so():
    figure = charts.executions(recorded(attempts=[attempt("a"), attempt("b", started=2.0, ended=3.0)]))
    assert title(figure) == "No job ran twice: all 2 executions counted, no work was wasted"


def test_what_still_runs_is_drawn_until_the_recording_ends():
    run = attempt("a", started=1.0, outcome="running") | {"ended_s": None, "run_s": None}
    figure = charts.executions(recorded(attempts=[run], samples=[sample(5.0)]))
    assert list(drawn(figure, "ada").x) == [4.0]


def test_no_two_bars_of_any_worker_overlap():
    rng = np.random.default_rng(7)
    starts = rng.uniform(0, 50, 300)
    rows = [
        attempt(f"j{i}", worker="abc"[i % 3], started=start, ended=start + rng.uniform(0, 3))
        for i, start in enumerate(starts)
    ]
    for _, lane in laid_out(recorded(attempts=rows)).groupby("row"):
        assert lane["worker"].nunique() == 1
        assert (lane["started_s"].to_numpy()[1:] >= lane["end_s"].to_numpy()[:-1] - 1e-6).all()


@pytest.mark.parametrize("outcome", ["retried", "dead", "reaped", "released", "lost"])
def test_every_outcome_but_done_has_a_sign_of_its_own(outcome):
    runs = [attempt("a", outcome=outcome, ended=2.0), attempt("b", started=3.0, ended=4.0)]
    figure = charts.executions(recorded(attempts=runs))
    assert list(drawn(figure, outcome).x) == [2.0]
    assert [trace.mode for trace in figure.data if trace.type == "scatter"] == ["markers"]
