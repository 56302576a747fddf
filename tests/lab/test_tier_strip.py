"""The strip by tier, tested as data: what it says of frames, and where."""

import itertools
import re
from xml.etree import ElementTree

import pytest

from day_story import FULL, story
from frames import but
from frames import frame as by_hand
from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import in_layout, outline
from jobqueue.lab.pictures.base.timeline import LEFT, MARKS, PLOTS
from jobqueue.lab.pictures.tiers.tiers import Strip
from jobqueue.lab.pictures.tiers.values import BEADS, PANELS, SERIES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def frames():
    return story()


def seen(frames, until=float("inf")):
    strip = Strip()
    for frame in frames:
        if frame.t <= until:
            strip.take(frame)
    return strip


def look(frames, until=float("inf"), wide=False):
    return in_layout(seen(frames, until).values(), wide=wide)


def numbers(transform):
    return [float(part) for part in re.findall(r"-?[\d.]+", transform)]


def frame(t=1.0, **more):
    return by_hand(t, **{"accepted": 100} | more)


# ── the words


@pytest.mark.parametrize(
    ("t", "title"),
    [
        (1, "No job has been accepted yet"),
        (10, "28 jobs in the queue, 12 of them pending: it is growing"),
        (17, "4 orphans in the PEL, the first lease ends in 3 s"),
        (24, "normal and low starve behind high: 16 s waiting"),
        (44, "low is full: 7 refused in the last 3 s"),
        (52, "Redis doesn't answer: the whole world stands still"),
    ],
)
def test_the_title_is_the_finding(frames, t, title):
    found = look(frames, t)
    assert found["finding"] == title
    assert found["picture@aria-label"].startswith(f"{title}. After {t} s: depth high ")


def test_more_titles():
    assert look([frame(redis="down")])["finding"] == "Redis is down: the picture shows the last known state"
    assert look([frame(accepted=0, redis="down")])["finding"] == "Redis is down: the picture shows the last known state"
    assert look([frame()])["finding"] == "All tiers are empty"
    by_hand_only = [frame(1, accepted=0, waiting={"low": 3}), frame(2, accepted=0)]  # as with a bare XADD
    assert look(by_hand_only[:1])["finding"] == "3 jobs in the queue, 0 of them pending"
    assert look(by_hand_only)["finding"] == "All tiers are empty"
    assert look([frame(refused=3)])["finding"] == "3 refused in the last 3 s"
    falling = [frame(t, waiting={"low": 100 - 10 * t}) for t in range(6)]
    assert look(falling)["finding"] == "50 jobs in the queue, 0 of them pending: it is draining"


def test_refusals_for_want_of_memory_are_told_apart():
    full = {"t": 1, "label": "Redis's memory full", "fault": True, "until": None}
    said = "Redis's memory full: 3 refused in the last 3 s"
    assert look([frame(refused=3, marks=[full])])["finding"] == said
    assert look([frame(refused=3, marks=[full | {"until": 2}])])["finding"] == "3 refused in the last 3 s"


def test_a_lower_tier_that_is_served_now_and_then_does_not_starve():
    busy = [frame(t / 10, pending={"high": 4}, waiting={"low": 9}, oldest={"low": t / 10}) for t in range(100)]
    assert look(busy)["finding"] == "low starves behind high: 10 s waiting"
    busy[80] = but(busy[80], pending={"high": 3, "low": 1})
    assert look(busy)["finding"].startswith("13 jobs in the queue")


def test_the_words_tell_of_each_fault_and_how_long_it_lasted(frames):
    said = look(frames, 52)["picture@aria-label"]
    assert said.endswith("cleo slow ×4 at 38.0 s, for 8.0 s; Redis paused at 50.0 s, and lasts.")


# ── the lines


def test_each_line_is_its_tier_s_number(frames):
    strip = seen(frames, 24)
    last, point = frames[239], strip.points[-1]
    assert [point[k] for k in SERIES["depth"]] == [
        last.waiting[tier] + last.pending[tier] + last.delayed[tier] for tier in TIERS
    ]
    assert [point[k] for k in SERIES["pel"]] == [last.pending[tier] for tier in TIERS]
    assert [point[k] for k in SERIES["wait"]] == [max(0, round(last.oldest[tier], 1)) for tier in TIERS]


@pytest.mark.parametrize("until", [0.1, 12, 31, 90])
@pytest.mark.parametrize("form", PLOTS)
def test_every_point_lies_within_its_panel(frames, until, form):
    strip = seen(frames, until)
    found = in_layout(strip.values(), wide=form == "wide")
    shift, _ = numbers(found["slide@transform"])
    px, _ = numbers(found["seconds@transform"])
    for panel, (top, tall) in PANELS.items():
        d, _, floor = numbers(found[f"{panel}@transform"])[3:]
        for point in strip.points:
            assert LEFT - 1 <= shift + px * point[0] <= LEFT + PLOTS[form] + 1
            assert all(top - 0.5 <= floor + d * point[k] <= top + tall for k in SERIES[panel])


def test_labels_at_the_right_end_say_the_number_and_never_overlap(frames):
    for until in range(3, 90, 3):
        strip = seen(frames, until)
        found = in_layout(strip.values(), wide=False)
        for panel, (top, tall) in PANELS.items():
            ys = {tier: numbers(found[f"tip.{panel}.{tier}@transform"])[1] for tier in TIERS}
            assert all(lower - upper >= 16.9 for upper, lower in itertools.pairwise(sorted(ys.values())))
            assert top <= min(ys.values())
            assert max(ys.values()) <= top + tall + 3
            n = {tier: strip.points[-1][k] for tier, k in zip(TIERS, SERIES[panel], strict=True)}
            assert sorted(TIERS, key=lambda tier: (n[tier], -TIERS.index(tier))) == sorted(TIERS, key=lambda t: -ys[t])
    assert found["tip.depth.normal.label"] == f"normal {strip.points[-1][2]}"
    assert found["tip.wait.low.label"] == f"low {strip.points[-1][9]:.1f} s"


def test_a_line_carries_its_tier_s_shape_every_so_often_and_never_where_it_is_nothing(frames):
    strip = seen(frames, 58)
    found = in_layout(strip.values(), wide=False)
    shown = [i for i in range(BEADS) if found[f"bead{i}.depth@class"] == "bead"]
    assert len(shown) >= 12
    xs = sorted(numbers(found[f"bead{i}@transform"])[0] for i in shown)
    assert min(right - left for left, right in itertools.pairwise(xs)) > 15
    # Nothing of the low tier has been in anybody's hands since the first seconds.
    assert [i for i in shown if i % 3 == 2 and found[f"bead{i}.pel@class"] == "bead"] in ([], [2])


def test_beads_stay_with_their_moment():
    strip = Strip()
    for t in range(900):
        strip.take(frame(t / 10, waiting={"low": 5}))
        found = in_layout(strip.values(), wide=False)
        shift, px = numbers(found["slide@transform"])[0], numbers(found["seconds@transform"])[0]
        times = {i: numbers(found[f"bead{i}@transform"])[0] / px for i in range(BEADS) if i % 3 == 2}
        shown = sorted(round(times[i], 1) for i in times if found[f"bead{i}.depth@class"] == "bead")
        assert all(abs(at % 10 - 6.7) < 0.11 for at in shown[1:])
    assert shown == [36.7, 46.7, 56.7, 66.7, 76.7, 86.7]
    assert shift + px * 89.9 == pytest.approx(LEFT + PLOTS["narrow"], abs=1)


def test_scales_are_round_and_labelled(frames):
    found = look(frames, 48)
    assert [found[f"depth.{share}"] for share in (0, 1, 2)] == ["0", "200", "400"]
    assert [found[f"wait.{share}"] for share in (0, 1, 2)] == ["0", "20", "40"]
    assert [found[f"time{i}.label"] for i in range(MARKS)] == ["", *(f"{t} s" for t in range(10, 70, 10)), ""]


# ── watermarks and refusals


def test_watermarks_come_into_sight_as_their_tier_comes_near(frames):
    assert look(frames, 6)["full.low@class"] == "off"
    found = look(frames, 24)
    assert found["full.low.label"] == "low is full at 60"
    assert found["open.low.label"] == "low opens again at 30"
    top, tall = PANELS["depth"]
    assert numbers(found["full.low@transform"])[1] == pytest.approx(top + tall - tall * FULL / 100)
    assert found["full.high@class"] == "off"


def test_one_line_for_a_tier_that_is_full_and_open_at_the_same_depth():
    found = look([frame(waiting={"low": 9}, capacity={"low": [10, 10], "normal": [50, 90]})])
    assert (found["full.low@class"], found["open.low@class"]) == ("watermark low", "off")
    assert found["full.normal@class"] == "off"  # it would flatten what there is


def test_refusals_are_ticks_at_their_moments_and_a_sum(frames):
    strip = seen(frames, 48)
    assert sum(point[10] for point in strip.points) == frames[479].refused == strip.facts()["refused"]
    assert look(frames, 48)["refused"] == f"{frames[479].refused} refused"
    assert look(frames, 20)["refused"] == ""
    assert outline([[1.0, 0], [1.1, 2], [1.2, 0]], 1, "ticks") == "M1.1 0V1"


# ── the picture


def test_a_new_world_begins_a_new_past(frames):
    strip = seen(frames)
    strip.take(frame(0.5, refused=2))
    assert [point[0] for point in strip.points] == [0.5]
    assert strip.points[0][10] == 2
    assert len(strip.beads) == 1


@pytest.mark.parametrize("wide", [True, False])
def test_a_still_holds_the_facts(frames, wide):
    strip = seen(frames, 48)
    svg = strip.draw(wide=wide, badge="stopped at 48 s")
    root = ElementTree.fromstring(svg)
    words = {node.text for node in root.iter(f"{SVG}text")}
    assert {"low is full at 60", "20 refused", "cleo slow ×4", "stopped at 48 s", "Depth", "seconds"} <= words
    assert root.attrib["data-refused"] == "20"
    assert len(Strip().draw()) > 1000
