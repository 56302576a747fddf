"""The contract of all charts: nothing, marks, two side by side, gaps."""

import json

import numpy as np
import pytest

from jobqueue.lab import charts
from jobqueue.lab.charts.timeline import LETTER, places
from jobqueue.lab.pictures.base.language import TROUBLE
from tables import CHARTS, failing, full, mark, pel, plain, recorded, sample, starved, title


def test_a_recording_of_nothing_says_so():
    for chart in CHARTS:
        figure = chart(recorded())
        assert title(figure) == figure.finding == "Nothing was recorded"
        assert not figure.data and len(figure.layout.annotations) == 1
        both = charts.before_after(recorded(), recorded(), chart)
        assert both.finding == "before: Nothing was recorded. after: Nothing was recorded"


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
