"""The overview's strip, tested as data: scales, marks and labels."""

import itertools
import re

import pytest

from frames import but
from jobqueue.lab.pictures.base.view import POINTS
from jobqueue.lab.pictures.overview.strip import COLUMN, LANES, MARKS, PLOT, point, strip, thinned
from overview_story import entry, frame, killed


def numbers(transform):
    return [float(part) for part in re.findall(r"-?[\d.]+", transform)]


@pytest.mark.parametrize("seconds", [0, 12, 31, 200])
@pytest.mark.parametrize("jobs", [0, 7, 1745, 123_456])
def test_every_point_lies_within_its_lane(seconds, jobs):
    frames = [frame(float(t), waiting=jobs, ledger=[entry(i) for i in range(9)]) for t in range(seconds + 1)]
    found = strip(frames[-1], [point(each) for each in frames])
    for lane, series in (("jobs", 1), ("pending", 4)):
        a, _, _, d, e, f = numbers(found[f"lane.{lane}@transform"])
        top, height = LANES[lane]
        for seen in map(point, frames):
            assert PLOT[0] - 1 <= a * seen[0] + e <= sum(PLOT) + 1
            assert top - 0.5 <= d * seen[series] + f <= top + height


def test_labels_at_the_tip_never_overlap():
    for done in range(0, 1200, 50):
        seen = but(killed(), done=done, delayed={"low": 3}, dead=1)
        found = strip(seen, [point(seen)])
        for names in (("done", "middle", "waiting"), ("orphans", "pending")):
            shown = [name for name in names if found[f"tip.{name}.label"]]
            heights = [numbers(found[f"tip.{name}@transform"])[1] for name in shown]
            assert all(lower - upper >= 15 for lower, upper in itertools.pairwise(heights)), (done, heights)


def test_a_fault_is_a_labelled_line_at_its_moment():
    found = strip(killed(), [point(frame(0.0)), point(killed())])
    assert found["mark0.label"] == "kill -9 ada"
    assert numbers(found["mark0@transform"])[0] == PLOT[0] + PLOT[1] * 5 / 20  # the axis is 20 s long
    assert found["mark1@class"] == "off"


def test_labels_of_many_faults_stay_in_the_picture_and_apart_and_the_latest_is_never_left_out():
    marks = [{"t": 0.7 * i, "label": f"freeze worker-{i}"} for i in range(MARKS)]
    found = strip(frame(marks=marks), [point(frame(0.0)), point(frame(20.0))])
    spans = {}
    for i in range(MARKS):
        css, x = found[f"mark{i}.label@class"], numbers(found[f"mark{i}@transform"])[0]
        if css != "off":
            length = 7.4 * len(found[f"mark{i}.label"])
            left = x - length if css == "end" else x
            assert left >= 0
            assert left + length <= COLUMN
            spans.setdefault(found[f"mark{i}.label@y"], []).append((left, left + length))
    assert found[f"mark{MARKS - 1}.label@class"] != "off"
    for line in spans.values():
        line.sort()
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(line))


def test_a_long_recording_is_thinned_to_what_can_be_seen_and_keeps_its_end():
    assert thinned(list(range(5000)))[-1] == 4999
    assert len(thinned(list(range(5000)))) <= POINTS
    assert thinned([1, 2, 3]) == [1, 2, 3]
