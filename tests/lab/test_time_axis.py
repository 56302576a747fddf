"""The time axis that pictures share, tested as data: marks, their labels, and seconds."""

import itertools
import re

import pytest

from frames import frame as by_hand
from jobqueue.lab.pictures.base.markup import in_layout
from jobqueue.lab.pictures.base.timeline import HEAD, LEFT, MARKS, PLOTS, RIGHT, laid, timeline


def numbers(transform):
    return [float(part) for part in re.findall(r"-?[\d.]+", transform)]


def frame(t=1.0, **more):
    return by_hand(t, **{"accepted": 100} | more)


def marked(*marks, t=20.0):
    return frame(t, marks=[{"fault": True} | mark for mark in marks])


def test_a_fault_is_a_labelled_line_and_one_that_lasts_a_shade():
    marks = {"t": 2, "label": "kill"}, {"t": 5, "label": "paused", "until": 8}, {"t": 9, "label": "down", "until": None}
    found = in_layout(timeline(marked(*marks), 0.0, 20.0, 100), wide=True)
    px = PLOTS["wide"] / 20
    assert [numbers(found[f"mark{i}.line@transform"])[0] for i in range(3)] == pytest.approx([2 * px, 5 * px, 9 * px])
    assert [found[f"mark{i}.label"] for i in range(3)] == ["kill", "paused", "down"]
    assert found["mark0.shade@d"] == ""
    assert found["mark1.shade@d"] == f"M5 {HEAD}H8V{HEAD + 100}H5Z"
    assert found["mark2.shade@d"].startswith(f"M9 {HEAD}H1e+07V")
    assert found["mark3@class"] == "off"


def test_what_lasts_is_seen_for_as_long_as_it_lasts_and_its_label_stays():
    found = in_layout(timeline(marked({"t": 2, "label": "slow", "until": None}, t=90), 30.0, 90.0, 100), wide=False)
    assert found["mark0.label"] == "slow"
    assert numbers(found["mark0.place@transform"])[0] == pytest.approx(30 * numbers(found["seconds@transform"])[0] + 3)
    gone = in_layout(timeline(marked({"t": 2, "label": "slow", "until": 29}, t=90), 30.0, 90.0, 100), wide=False)
    assert gone["mark0@class"] == "off"


@pytest.mark.parametrize("form", PLOTS)
def test_labels_of_many_marks_stay_in_the_picture_and_apart_and_the_latest_is_never_left_out(form):
    marks = [{"t": 0.7 * i, "label": f"freeze worker-{i}"} for i in range(30)]
    found = in_layout(timeline(marked(*marks, t=21.0), 0.0, 21.0, 100), wide=form == "wide")
    lines = {}
    for i in range(MARKS):
        if found[f"mark{i}.label@class"] != "off":
            x, y = numbers(found[f"mark{i}.place@transform"])
            length = 7.4 * len(found[f"mark{i}.label"])
            left = x - length if found[f"mark{i}.label@class"] == "end" else x
            assert left >= -LEFT
            assert left + length <= PLOTS[form] + RIGHT + 3
            lines.setdefault(y, []).append((left, left + length))
    assert "freeze worker-29" in [
        found[f"mark{i}.label"] for i in range(MARKS) if found[f"mark{i}.label@class"] != "off"
    ]
    for line in lines.values():
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(sorted(line)))


def test_labels_hang_to_the_left_only_where_there_is_no_room_at_the_right():
    assert laid([(150, "twelve chars"), (5, "x"), (0, "twelve chars")], 0, 200) == [
        (0, True),
        (0, False),
        (None, False),
    ]
    assert laid([(90, "twelve chars"), (0, "twelve chars")], 0, 200, lines=2) == [(0, False), (1, False)]


def test_while_time_passes_almost_nothing_of_the_axis_changes():
    marks = [{"t": 70.0 + i, "label": f"mark {i}"} for i in range(3)]
    before, after = (timeline(marked(*marks, t=t), t - 60, t, 300) for t in (91.2, 91.3))
    assert {key for key in after if after[key] != before[key]} == {"wide:slide@transform", "narrow:slide@transform"}
