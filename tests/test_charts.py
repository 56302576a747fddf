"""The charts as data: what is drawn is what was recorded, and so are the numbers in the titles."""

import json
import re
import struct

import numpy as np
import pandas as pd
import pytest

from jobqueue.lab import charts
from jobqueue.lab.charts.admission import grown
from jobqueue.lab.charts.chart import wrapped
from jobqueue.lab.charts.executions import laid_out
from jobqueue.lab.charts.timeline import LETTER, places
from jobqueue.lab.charts.words import listed, measured, seconds
from jobqueue.lab.live.language import TIER_COLOURS, TROUBLE, WORKER_COLOURS
from jobqueue.lab.recording import Recording

CHARTS = (
    charts.admission,
    charts.executions,
    charts.pel_by_consumer,
    charts.retries,
    charts.starvation,
    charts.waits,
)


def recorded(**tables):
    """A recording with these tables; the others are those of a recording in which nothing happened."""
    recording = Recording([])
    for name, rows in tables.items():
        empty = getattr(recording, name)
        table = pd.DataFrame(rows)
        assert set(table.columns) <= set(empty.columns), "a table has the columns that recordings have"
        numbers = {
            column: float
            for column in table.columns
            if column.endswith("_s") or column in ("capacity_jobs", "reopens_jobs")
        }
        setattr(recording, name, table.astype(numbers).reindex(columns=empty.columns))
    return recording


def pel(worker, jobs, orphans=None, every=1.0):
    orphans = orphans or [0] * len(jobs)
    return [
        {"t_s": i * every, "worker": worker, "pending_jobs": held, "orphan_jobs": lost}
        for i, (held, lost) in enumerate(zip(jobs, orphans, strict=True))
    ]


def attempt(
    job, tier="normal", number=1, worker="ada", waiting=0.0, started=0.0, ended=1.0, outcome="done", wasted=False
):
    return {
        "job": job,
        "tier": tier,
        "attempt": number,
        "entry": f"{job}-{number}",
        "worker": worker,
        "waiting_s": waiting,
        "started_s": started,
        "ended_s": ended,
        "wait_s": started - waiting,
        "run_s": ended - started,
        "outcome": outcome,
        "wasted": wasted,
    }


def sample(t, tier="normal", waiting=0, pending=0, delayed=0, oldest=None, **capacity):
    counts = {"waiting_jobs": waiting, "pending_jobs": pending, "delayed_jobs": delayed}
    return {"t_s": t, "tier": tier} | counts | {"oldest_wait_s": oldest} | capacity


def mark(t, label, fault=True, until=None):
    return {"t_s": t, "label": label, "fault": fault, "until_s": until}


def drawn(figure, meta):
    [trace] = [trace for trace in getattr(figure, "data", figure) if trace.meta == meta]
    return trace


def plain(text):
    return re.sub(r"<[^>]+>", "", text.replace("<br>", " ")).replace("\N{NO-BREAK SPACE}", " ")


def title(figure):
    return plain(figure.layout.title.text)


def test_a_recording_of_nothing_says_so():
    for chart in CHARTS:
        figure = chart(recorded())
        assert title(figure) == figure.finding == "Nothing was recorded"
        assert not figure.data and len(figure.layout.annotations) == 1
        both = charts.before_after(recorded(), recorded(), chart)
        assert both.finding == "before: Nothing was recorded. after: Nothing was recorded"


# Pending by consumer


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
    assert title(figure) == "dan's 1 job was still pending 2.0 s after its process died: nobody takes them back"


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
    assert title(figure) == "eva held up to 64 jobs, nobody else more than 8"


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


# Waits


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
    assert "70 waiting still, for up to 20 s" in plain(figure.layout.annotations[1].text)


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


# Starvation


def starved():
    """low waits from second 1 to 9 and is begun only then; high is begun each half second until 8."""
    highs = [attempt(f"h{i}", "high", waiting=i / 2, started=i / 2) for i in range(17)]
    samples = [sample(t, "low", waiting=1, oldest=t - 1.0) for t in (2.0, 5.0, 8.0)]
    samples = [sample(1.0, "low"), *samples, sample(9.0, "low"), sample(0.5, "high", waiting=1, oldest=0.0)]
    return recorded(samples=samples, attempts=[*highs, attempt("l", "low", waiting=1.0, started=8.9, ended=9.5)])


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
    assert title(figure) == "Nobody starved: no tier was ever passed over, and no job waited longer than 10.0 s"


def test_being_passed_over_for_a_moment_is_no_starvation():
    samples = [sample(t, "low", waiting=1, oldest=t) for t in (0.0, 0.4)]
    figure = charts.starvation(recorded(samples=samples, attempts=[attempt("h", "high", started=0.2)]))
    assert title(figure).startswith("Nobody starved: no tier was passed over for more than 0.4 s")


# Executions


def killed():
    """ada is killed at 2.0, running a; a is reaped at 6.0 and run again by ben, who also runs b and c side by side."""
    runs = [
        attempt("a", worker="ada", started=1.0, ended=6.0, outcome="reaped", wasted=True),
        attempt("b", worker="ben", started=1.0, ended=3.0),
        attempt("c", worker="ben", started=2.0, ended=4.0),
        attempt("a", worker="ben", number=2, started=6.5, ended=7.5),
    ]
    workers = [{"t_s": t, "worker": "ada", "state": s} for t, s in ((0.0, "running"), (2.0, "dead"), (9.0, "dead"))]
    return recorded(attempts=runs, workers=[*workers, {"t_s": 0.0, "worker": "ben", "state": "idle"}])


def test_a_bar_is_as_long_as_its_worker_lived_and_an_orphan_until_it_was_reaped():
    figure = charts.executions(killed())
    assert (list(drawn(figure, "in vain").base), list(drawn(figure, "in vain").x)) == ([1.0], [1.0])
    assert (list(drawn(figure, "orphans").base), list(drawn(figure, "orphans").x)) == ([2.0], [4.0])
    assert drawn(figure, "in vain").marker.pattern.shape == "/"
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


def test_the_finding_counts_work_in_vain_in_seconds():
    figure = charts.executions(killed())
    assert title(figure) == "1 job ran more than once: 1 of 4 executions was in vain, 1.0 s of work or 17 %"
    assert figure.measures == {"work in vain": (1.0, "s"), "jobs that ran more than once": (1.0, "jobs")}


def test_a_run_without_waste_is_called_so():
    figure = charts.executions(recorded(attempts=[attempt("a"), attempt("b", started=2.0, ended=3.0)]))
    assert title(figure) == "No job ran twice: all 2 executions counted, no work was in vain"


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


# Admission


def counted(*rows):
    return [{"t_s": t, "accepted_jobs": accepted, "refused_jobs": refused} for t, accepted, refused in rows]


def test_growth_of_a_count_is_by_the_time_in_which_it_grew():
    totals = pd.DataFrame(counted((0.0, 0, 0), (0.5, 10, 0), (1.0, 30, 2), (2.5, 35, 5)))
    assert list(grown(totals, "accepted_jobs", 1.0)) == [30, 0, 5]
    assert list(grown(totals, "refused_jobs", 1.0)) == [2, 0, 3]


def test_a_server_that_lost_its_memory_is_no_negative_growth():
    assert list(grown(pd.DataFrame(counted((0.5, 10, 0), (1.5, 3, 0))), "accepted_jobs", 1.0)) == [10, 0]


def full(**tables):
    samples = [
        sample(t, "low", waiting=depth - 1, pending=1, capacity_jobs=500, reopens_jobs=400)
        for t, depth in ((0.0, 10), (1.0, 500), (2.0, 499))
    ]
    return recorded(samples=samples, totals=counted((0.0, 10, 0), (1.0, 600, 0), (2.0, 610, 390)), **tables)


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
    assert title(figure) == "390 of 1,000 offered jobs were refused: low was at up to 500 of its 500 places"
    assert figure.measures == {"refused": (390.0, "jobs"), "greatest depth of all tiers": (500.0, "jobs")}


def test_nothing_refused_with_and_without_a_bound():
    totals = counted((0.0, 0, 0), (1.0, 3, 0))
    bounded = recorded(totals=totals, samples=[sample(1.0, waiting=2, capacity_jobs=9)])
    assert title(charts.admission(bounded)) == "Nothing was refused of 3 jobs: depth never passed 2"
    boundless = recorded(totals=totals, samples=[sample(1.0, waiting=2, delayed=1)])
    assert title(charts.admission(boundless)) == "All 3 jobs were accepted, and depth grew to 3: no tier has a bound"


# Retries


def failing(times):
    """A job a time, that fails once and is waiting again at that time."""
    first = [attempt(f"j{i}", started=0.0, ended=0.1, outcome="retried") for i, _ in enumerate(times)]
    return first + [attempt(f"j{i}", number=2, waiting=t, started=t + 0.5, ended=t + 1) for i, t in enumerate(times)]


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


# Marks


def test_marks_are_lines_with_labels_and_what_lasts_is_a_span():
    marks = [mark(0.5, "ada hired", fault=False), mark(3.0, "cut off ada", until=5.0)]
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1] * 8), marks=marks))
    lines = [(shape.x0, shape.line.color == TROUBLE) for shape in figure.layout.shapes if shape.type == "line"]
    assert lines == [(0.5, False), (3.0, True)]
    assert [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"] == [(3.0, 5.0)]
    assert [plain(label.text) for label in figure.layout.annotations] == ["ada hired", "cut off ada"]


def test_marks_go_through_every_plot_of_a_chart():
    figure = charts.admission(full(marks=[mark(1.0, "flood")]))
    assert [(shape.xref, shape.yref) for shape in figure.layout.shapes] == [("x", "y domain"), ("x2", "y2 domain")]


def test_labels_of_marks_never_overlap_nor_leave_the_plot():
    rng = np.random.default_rng(3)
    for count in (1, 5, 40):
        at = sorted(rng.uniform(0, 60, count))
        labels = ["kill -9 " + "x" * rng.integers(1, 12) for _ in at]
        taken = {}
        for t, text, (line, side) in zip(at, labels, places(at, labels, 60, 620), strict=True):
            x, length = t / 60 * 620, LETTER * len(text)
            left = x if side == "left" else x - length
            if line is not None:
                assert left >= 0 and left + length <= 620
                assert all(left >= end or left + length <= begin for begin, end in taken.setdefault(line, []))
                taken[line].append((left, left + length))
        assert taken


# Side by side


def test_two_recordings_side_by_side_share_their_axes():
    a, b = recorded(pel=pel("ada", [1, 8, 0])), recorded(pel=pel("ada", [1, 3, 0, 0, 0]))
    figure = charts.before_after(a, b, charts.pel_by_consumer, ("wide", "narrow"))
    left, right = figure.data
    assert (list(left.y), left.xaxis, left.yaxis) == ([1, 8, 0], "x", "y")
    assert (list(right.y), right.xaxis, right.yaxis) == ([1, 3, 0, 0, 0], "x2", "y2")
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range == (0, 4.0)
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert (left.showlegend, right.showlegend) == (None, False), "the legend has each name once"
    heads = [plain(each.text) for each in figure.layout.annotations]
    assert heads[0].startswith("wide Never more than 8 jobs") and heads[1].startswith("narrow Never more than 3 jobs")


def test_the_title_compares_the_first_measure_that_differs():
    a, b = recorded(pel=pel("ada", [1, 8, 0])), recorded(pel=pel("ada", [1, 3, 0]))
    figure = charts.before_after(a, b, charts.pel_by_consumer, ("wide", "narrow"))
    assert title(figure) == "Most jobs pending at once: 8 jobs (wide), 3 jobs (narrow), 2.7 times lower"
    assert figure.measures["most jobs pending at once (narrow)"] == (3.0, "jobs")
    same = charts.before_after(a, a, charts.pel_by_consumer)
    assert title(same) == "Longest time under a dead worker: 0 s (before), 0 s (after), about the same"


def test_what_is_fixed_to_a_plot_moves_with_it():
    def with_marks(*marks):
        return recorded(samples=starved().samples, attempts=starved().attempts, marks=list(marks))

    a, b = with_marks(mark(2.0, "flood")), with_marks(mark(4.0, "flood"), mark(6.0, "end"))
    figure = charts.before_after(a, b, charts.starvation)
    lines = [(s.x0, s.xref, s.yref) for s in figure.layout.shapes if s.type == "line"]
    assert (4.0, "x3", "y3 domain") in lines and (6.0, "x4", "y4 domain") in lines and (2.0, "x", "y domain") in lines
    labels = [(plain(a.text), a.xref) for a in figure.layout.annotations if a.name == "mark"]
    assert labels == [("flood", "x"), ("flood", "x3"), ("end", "x3")]


@pytest.mark.parametrize("chart", CHARTS)
def test_any_chart_can_be_compared_even_with_nothing(chart):
    runs = failing([4.0] * 8 + [7.0])
    everything = full(
        attempts=runs, pel=pel("ada", [1, 2, 0]), workers=[{"t_s": 0.0, "worker": "ada", "state": "idle"}]
    )
    everything.samples["oldest_wait_s"] = 1.0
    single = chart(everything)
    assert single.measures
    both = charts.before_after(everything, everything, chart)
    assert len(both.data) == 2 * len(single.data)
    assert both.finding.endswith("about the same")
    assert charts.before_after(everything, recorded(), chart).finding.endswith("after: Nothing was recorded")
    json.loads(both.to_json())


@pytest.mark.parametrize("chart", [charts.executions, charts.retries, charts.starvation, charts.waits])
def test_what_a_chart_does_not_know_it_admits(chart):
    whole = recorded(attempts=failing([4.0] * 8), samples=[sample(5.0, waiting=1, oldest=1.0)])
    assert "not kept" not in chart(whole).to_json()
    whole.left_out = 1234
    assert "1,234 events were not kept" in chart(whole).to_json()


# How it is shown


def test_a_chart_displays_itself_as_data_and_as_words(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append((bundle, raw)))
    figure = charts.executions(killed())
    figure._ipython_display_()
    [(bundle, raw)] = shown
    assert raw and bundle["text/plain"] == figure.finding
    assert bundle.keys() == {"application/vnd.plotly.v1+json", "text/plain"}, "no script, nothing from another machine"
    [config] = [bundle["application/vnd.plotly.v1+json"]["config"]]
    camera = config["toImageButtonOptions"]
    assert camera == {
        "format": "png",
        "scale": 2,
        "filename": "1-job-ran-more-than-once-1-of-4-executions-was-in-vain-1-0-s",
    }
    assert len(json.dumps(bundle)) < 15_000, "a notebook can keep many"
    assert "http" not in json.dumps(bundle)


def test_a_long_recording_makes_no_large_figure():
    rng = np.random.default_rng(1)
    runs = [
        attempt(f"{i:032x}", worker="abcd"[i % 4], started=t, ended=t + 0.2)
        for i, t in enumerate(rng.uniform(0, 200, 3000))
    ]
    assert len(charts.executions(recorded(attempts=runs)).to_json()) < 600_000
    rows = [row for name in "abcdefghijkl" for row in pel(name, list(rng.integers(0, 9, 2000)), every=0.1)]
    assert len(charts.pel_by_consumer(recorded(pel=rows)).to_json()) < 600_000


def test_text_has_the_ink_of_the_page_around_it():
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 0])))
    assert "var(--jp-ui-font-color0" in figure.layout.title.text
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_title_takes_the_fewest_lines_and_makes_them_alike():
    text = "dan's 8 jobs stayed pending for 12.1 s after kill -9, and nobody knew"
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrapped(text, 64)] == [
        "dan's 8 jobs stayed pending for",
        "12.1 s after kill -9, and nobody knew",
    ]
    assert wrapped("short", 64) == ["short"]


async def test_a_png_for_a_slide(tmp_path):
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    try:
        path = await charts.save_png(figure, tmp_path / "slide.png", width=700)
    except charts.NoPicture as error:
        pytest.skip(str(error))
    head = path.read_bytes()[:24]
    assert head[1:4] == b"PNG"
    assert struct.unpack(">II", head[16:]) == (1400, 840)
    assert [file.name for file in tmp_path.iterdir()] == ["slide.png"]


async def test_without_a_browser_there_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("jobqueue.lab.charts.png.BROWSERS", ("chromium", "google-chrome"))
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    with pytest.raises(charts.NoPicture, match="press the camera above the figure"):
        await charts.save_png(figure, tmp_path / "slide.png")


async def test_a_browser_that_draws_nothing_is_quoted(tmp_path, monkeypatch):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display for me >&2\n")
    broken.chmod(0o755)
    monkeypatch.setattr("jobqueue.lab.charts.png.BROWSERS", (str(broken),))
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    with pytest.raises(charts.NoPicture, match="no display for me"):
        await charts.save_png(figure, tmp_path / "slide.png")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.0432, "43 ms"),
        (0.4, "0.4 s"),
        (12.12, "12.1 s"),
        (34.2, "34 s"),
        (1234, "1,234 s"),
    ],
)
def test_seconds_in_words(value, said):
    assert seconds(value) == measured(value, "s") == said


def test_names_in_words():
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"])] == [
        "a",
        "a and b",
        "a, b and c",
        "4 workers",
    ]
