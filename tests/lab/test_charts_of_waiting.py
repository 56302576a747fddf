"""The charts of pending jobs and of waits, as data."""

import numpy as np
import pytest

from jobqueue.lab import charts
from jobqueue.lab.pictures.base.language import TIER_COLOURS, TROUBLE, WORKER_COLOURS
from tables import attempt, drawn, mark, pel, plain, recorded, sample, title


def test_pending_jobs_are_stacked_by_worker_and_orphans_apart():
    rows = pel("ada", [0, 2, 2, 3]) + pel("ben", [1, 4, 4, 0], orphans=[0, 0, 4, 0])
    figure = charts.pel_by_consumer(recorded(pel=rows, marks=[mark(1.5, "kill -9 ben")]))
    assert list(drawn(figure, "ada").y) == [0, 2, 2, 3]
    assert list(drawn(figure, "ben").y) == [1, 4, 0, 0]
    assert list(drawn(figure, "orphans of ben").y) == [0, 0, 4, 0]
    assert list(drawn(figure, "ben").x) == [0, 1, 2, 3]
    assert len({trace.stackgroup for trace in figure.data}) == 1
    assert figure.data[0].meta == "orphans of ben", "at the bottom"
    assert drawn(figure, "orphans of ben").fillpattern.fgcolor == TROUBLE
    assert drawn(figure, "ben").fillcolor == WORKER_COLOURS[1]


def test_orphans_are_counted_from_the_death_of_their_worker_until_they_are_taken():
    rows = pel("dan", [8, 8, 8, 0], orphans=[0, 8, 8, 0])
    figure = charts.pel_by_consumer(recorded(pel=rows, marks=[mark(0.9, "kill -9 dan")]))
    assert title(figure) == "dan's 8 jobs stayed pending for 2.1 s after kill -9"
    assert figure.measures["longest time under a dead worker"] == (pytest.approx(2.1), "s")


def test_orphans_that_nobody_takes_are_still_there_at_the_end():
    rows = pel("dan", [1, 1, 1, 1], orphans=[0, 1, 1, 1])
    figure = charts.pel_by_consumer(recorded(pel=rows))
    assert title(figure) == "dan's 1 job was still pending 2.0 s after its process died: no worker takes them"


def test_orphans_of_several_workers_are_summed_up():
    rows = pel("ada", [3, 3, 0, 0], orphans=[0, 3, 0, 0]) + pel("ben", [5, 5, 5, 0], orphans=[0, 5, 5, 0])
    marks = [mark(0.5, "kill -9 ada"), mark(0.5, "kill -9 ben")]
    figure = charts.pel_by_consumer(recorded(pel=rows, marks=marks))
    assert title(figure) == "8 jobs of ada and ben stayed pending for up to 2.5 s after kill -9"


def test_workers_that_nobody_killed_died_by_themselves():
    rows = pel("ada", [3, 3, 0], orphans=[0, 3, 0]) + pel("ben", [5, 5, 0], orphans=[0, 5, 0])
    figure = charts.pel_by_consumer(recorded(pel=rows))
    assert title(figure) == "8 jobs of ada and ben stayed pending for up to 1.0 s after their processes died"


def test_a_hoard_is_named():
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [8, 8, 0]) + pel("eva", [8, 64, 0])))
    assert title(figure) == "eva held up to 64 jobs, no other worker more than 8"


def test_a_list_that_only_grows_is_named():
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 100, 240])))
    assert title(figure) == "240 jobs were pending at the end, more than ever before"


def test_a_healthy_list_is_called_so():
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0]) + pel("ben", [2, 7, 0])))
    assert title(figure) == "Never more than 15 jobs pending at once, and none was left by a dead worker"
    assert figure.layout.yaxis.range == (0, pytest.approx(15 * 1.06))


def test_where_nobody_is_listed_nobody_holds_anything():
    rows = [row for row in pel("ada", [1, 2, 0]) if row["pending_jobs"]]
    figure = charts.pel_by_consumer(recorded(pel=rows, samples=[sample(t) for t in (0, 1, 2)]))
    assert list(drawn(figure, "ada").y) == [1, 2, 0]


def test_each_wait_is_a_point_and_the_quantiles_are_marked():
    rows = [attempt(f"j{i}", waiting=0, started=wait) for i, wait in enumerate(np.arange(1, 101) / 10)]
    figure = charts.waits(recorded(attempts=rows))
    assert sorted(drawn(figure, "normal waits").x) == pytest.approx(np.arange(1, 101) / 10)
    assert list(drawn(figure, "normal quantiles").x) == pytest.approx(
        np.quantile(np.arange(1, 101) / 10, [0.5, 0.95, 1])
    )
    assert drawn(figure, "normal quantiles").line.color == TIER_COLOURS["normal"]
    assert (
        title(figure)
        == "Half of the normal jobs waited less than 5.0 s, 19 of 20 less than 9.5 s, none more than 10.0 s"
    )
    assert "p50 5.0 s  ◆ p95 9.5 s  ● max 10.0 s" in plain(figure.layout.annotations[0].text)


def test_a_tier_that_waited_longer_than_another_is_named():
    rows = [attempt("a", "high", started=0.4), attempt("b", "low", started=34.0), attempt("c", "normal", started=2.0)]
    figure = charts.waits(recorded(attempts=rows))
    assert title(figure) == "low waited up to 34 s while high never waited more than 0.4 s"
    assert figure.measures == {
        "the longest wait of low": (34.0, "s"),
        "the longest wait of normal": (2.0, "s"),
        "the longest wait of high": (0.4, "s"),
    }


def test_who_still_waits_at_the_end_counts_too():
    rows = [attempt("a", "high", started=0.5), attempt("b", "low", started=1.0)]
    samples = [sample(t, "low", waiting=70, oldest=t) for t in (10.0, 20.0)] + [sample(20.0, "high")]
    figure = charts.waits(recorded(attempts=rows, samples=samples))
    assert title(figure) == "low waited up to 20 s while high never waited more than 0.5 s"
    assert list(drawn(figure, "low unserved").x) == [20.0]
    assert "70 still waiting, for up to 20 s" in plain(figure.layout.annotations[1].text)


def test_a_tier_nobody_served_has_a_row_without_points():
    figure = charts.waits(recorded(samples=[sample(4.0, "low", waiting=2, oldest=3.0)]))
    assert [trace.meta for trace in figure.data] == ["low unserved"]


def test_many_waits_are_thinned_evenly_and_the_longest_stays():
    rows = [attempt(f"j{i}", started=i / 1000) for i in range(1, 5001)]
    figure = charts.waits(recorded(attempts=rows))
    points = drawn(figure, "normal waits").x
    assert len(points) == 600 and max(points) == 5.0 and min(points) == 0.001
    assert list(drawn(figure, "normal quantiles").x) == pytest.approx([2.5005, 4.75005, 5.0])


def test_no_wait_at_all_has_its_place_on_the_axis():
    figure = charts.waits(recorded(attempts=[attempt("a", started=0.0)]))
    assert list(drawn(figure, "normal waits").x) == [0.001]
