import itertools
import json
import re
from xml.etree import ElementTree

import pytest

from jobqueue.lab.live.feed import Feed
from jobqueue.lab.live.frame import NOTHING
from jobqueue.lab.live.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.live.picture import LivePicture, Overview
from jobqueue.lab.live.still import body, image, still
from jobqueue.lab.live.strip import COLUMN, LANES, MARKS, PLOT, point, strip, thinned
from jobqueue.lab.live.values import ROWS, finding, in_order, shaped, values
from jobqueue.lab.live.view import POINTS

SVG = "{http://www.w3.org/2000/svg}"


def worker(name, state="running", number=0, **more):
    return {
        "name": name,
        "state": state,
        "pid": 4242,
        "running": 8,
        "done": 200,
        "colour": number,
        "shape": number,
    } | more


def entry(number, name="ada", idle=0.2, orphan=False, tier="normal"):
    return {"entry": f"{1_732_438_523_000 + number}-0", "tier": tier, "worker": name, "idle": idle, "orphan": orphan}


def frame(t=12.0, *, waiting=800, done=400, dead=0, ledger=(), workers=None, marks=(), **more):
    workers = [worker("ada"), worker("bob", number=1), worker("cy", number=2)] if workers is None else workers
    found = NOTHING | {"t": t, "lease": 4.0, "done": done, "dead": dead, "ledger": list(ledger), "marks": list(marks)}
    found |= {
        "waiting": {"high": 0, "normal": waiting, "low": 0},
        "pending": {"normal": len(ledger)},
        "workers": workers,
    }
    return found | {"accepted": waiting + len(ledger) + done + dead} | more


def killed(t=8.0, idle=3.2):
    """The moment the lessons are about: ada is dead, her eight entries wait, bob and cy work on."""
    ledger = [entry(i, idle=idle, orphan=True) for i in range(8)] + [entry(10 + i, "bob") for i in range(16)]
    team = [worker("ada", "dead"), worker("bob", number=1), worker("cy", "idle", number=2)]
    return frame(t, ledger=ledger, workers=team, marks=[{"t": 5.0, "label": "kill -9 ada"}])


ONE_OF_TWO = [entry(1, idle=4.1, orphan=True), entry(2, idle=2, orphan=True)]


def story(seconds=15):
    """Ten frames a second: killed at 5, reaped at 9, all done in the last frame."""
    found = []
    for k in range(10 * seconds):
        t = k / 10
        found.append(killed(t, idle=t - 5) if 5 <= t < 9 else frame(t, ledger=[entry(k, "bob")]))
    return [*found, frame(float(seconds), waiting=0, done=1200)]


def look(found, points=()):
    return values(found, list(points) or [point(found)])


# ── the words


def test_the_headline_is_the_invariant():
    found = look(killed())
    assert [found[k] for k in ("accepted", "waiting", "pending", "delayed", "done", "dead", "check")] == [
        "1,224", "800", "24", "0", "400", "0", "✓"
    ]  # fmt: skip
    assert "1224 accepted = 800 waiting, 24 pending, 0 delayed, 400 done, 0 dead ✓" in found["picture@aria-label"]


def test_a_sum_that_does_not_hold_says_by_how_much():
    assert look(frame(accepted=1203))["check"] == "✗ off by 3"


@pytest.mark.parametrize(
    ("seen", "past", "title"),
    [
        (NOTHING, (), "No job has been accepted yet"),
        (frame(workers=[]), (), "800 jobs waiting, and no worker to fetch them"),
        (frame(), (), "3 workers at work, 800 jobs waiting"),
        (killed(), (), "8 orphans of ada, the first lease ends in 1 s"),
        (killed(idle=4.1), (), "8 orphans of ada, their leases are over"),
        (
            frame(ledger=[entry(1, idle=4.1, orphan=True), entry(2, idle=2, orphan=True)]),
            (),
            "2 orphans of ada, the first lease is over",
        ),
        (frame(ledger=[entry(1, "bob", idle=5)]), (), "1 lease ran out, though the worker is alive"),
        (frame(), [killed()], "No orphan is left: the reaper took them back"),
        (frame(waiting=0), [killed()], "All 400 accepted jobs are done, the orphans too"),
        (frame(waiting=0, dead=2), (), "400 accepted jobs are done, 2 dead"),
    ],
)
def test_the_title_is_the_finding(seen, past, title):
    assert finding(seen, [point(each) for each in past]) == title
    assert len(title) <= 56  # longer ones would not fit above the strip


def test_a_card_says_its_worker_s_state_in_words_and_can_be_pressed_only_while_it_lives():
    states = ["starting", "idle", "running", "frozen", "dead", "gone"]
    found = look(frame(workers=[worker(state, state, i) for i, state in enumerate(states)]))
    assert [found[f"card{i}.state"].split(",")[0].split(":")[0] for i in range(6)] == [
        "starting", "idle", "running 8 jobs", "frozen", "dead", "gone"
    ]  # fmt: skip
    assert [found[f"kill{i}@disabled"] for i in range(6)] == [None, None, None, None, "", ""]
    assert found["card6@class"] == "off"
    assert look(killed())["card0.state"] == "dead, leaves 8 orphans"


# ── the ledger


def test_orphans_and_silent_entries_come_first_and_each_row_keeps_its_place():
    ledger = [entry(1, "bob", idle=0.9), entry(12, idle=1.0, orphan=True), entry(9, idle=0.1, orphan=True)]
    ledger += [entry(5, "cy", idle=2.1), entry(2, "bob", idle=0.1)]
    renewed = [row | {"idle": 0.0} if row["worker"] == "bob" else row for row in ledger]
    for seen in (ledger, renewed, ledger[::-1]):
        order = [int(row["entry"].split("-")[0]) - 1_732_438_523_000 for row in in_order(frame(ledger=seen))]
        assert order == [5, 9, 12, 1, 2]


def test_a_row_says_in_words_what_its_colours_say():
    found = look(frame(ledger=[entry(1, idle=3, orphan=True), entry(2, idle=6, orphan=True), entry(3, "bob", idle=6)]))
    assert [found[f"row{i}.flag"] for i in range(4)] == ["orphan", "orphan, expired", "expired", ""]
    assert [found[f"wide:row{i}@class"] for i in range(4)] == ["row orphan", "row orphan late", "row late", "off"]
    assert [found[f"row{i}.bar@width"] for i in range(3)] == ["63.0", "104.0", "104.0"]  # 84 is the whole lease


def test_rows_that_have_no_room_are_counted():
    found = look(killed())
    assert found["wide:more"] == "and 8 more, all within their lease"
    assert found["narrow:more"] == "and 14 more, all within their lease"
    many = look(frame(ledger=[entry(i, idle=5, orphan=True) for i in range(40)]))
    assert many["wide:more"] == f"and {40 - ROWS['wide']} more, 24 of them orphaned or expired"


def test_an_entry_of_a_stranger_is_shown_too():
    assert look(frame(ledger=[entry(1, "redis-cli", tier="urgent")]))["row0.worker"] == "redis-cli"


# ── the strip


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
        seen = killed() | {"done": done, "delayed": {"low": 3}, "dead": 1}
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


# ── the still picture


def parsed(svg):
    return ElementTree.fromstring(svg)


def words(svg):
    return [node.text for node in parsed(svg).iter(f"{SVG}text") if node.text and node.text.strip()]


@pytest.mark.parametrize("wide", [True, False])
def test_a_still_holds_the_facts_of_its_frames(wide):
    svg = still(story()[:80], wide=wide)
    root = parsed(svg)
    assert root.attrib["data-orphans"] == "8"
    assert root.attrib["data-done"] == "400"
    assert {"8 orphans of ada, the first lease ends in 2 s", "kill -9 ada", "8 orphans", "orphan"} <= set(words(svg))
    assert words(svg).count("dead, leaves 8 orphans") == 1
    [orphans] = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("data-s") == "5"]
    assert [orphans.count(f"L{t} 8") for t in ("4.9", "5", "7.9", "8")] == [0, 1, 1, 0]


def test_a_still_needs_nothing_but_itself():
    svg = still(story())
    assert re.findall(r"(?:https?:)?//[^\s\"']+", svg) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in svg
    assert "<button" not in svg


def test_a_still_of_nothing_and_two_stills_on_one_page():
    assert "No job has been accepted yet" in words(still([]))
    first, second = (set(re.findall(r'id="([^"]+)"', still(story()))) for _ in range(2))
    assert first
    assert not first & second


def test_an_image_says_in_words_what_it_shows():
    assert 'alt="8 orphans of ada, ' in image([killed()])


def test_names_are_only_ever_text():
    nasty = '<b a="1">&'
    svg = still([frame(ledger=[entry(1, nasty)], workers=[worker(nasty)], marks=[{"t": 12.0, "label": nasty}])])
    assert words(svg).count(nasty) == 3


def test_no_two_of_a_dozen_workers_look_the_same():
    assert len({(i % len(WORKER_COLOURS), i % len(WORKER_SHAPES)) for i in range(40)}) == 40


def test_every_value_has_its_node_and_every_text_its_own():
    found = shaped(look(killed()), wide=True)
    drawn = re.findall(r"<(\w+)[^>]*?data-k=\"([^\"]+)\"", body(found, [], buttons=True))
    assert {key.split("@")[0] for key in found} - {"svg"} == {key for _, key in drawn}
    texts = [key for tag, key in drawn if tag == "text"]
    others = {key for tag, key in drawn if tag != "text"}
    assert len(texts) == len(set(texts))
    assert not others & {key for key in found if "@" not in key}, "a text in a node that holds others would erase them"


# ── what the page is told, and when


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def feed(clock):
    return Feed(Overview(), clock)


def test_nothing_is_sent_while_nobody_looks(feed, clock):
    assert [feed.push(each) for each in story()] == [None] * 151
    assert feed.hear({"hello": True})["points"] == list(feed.view.points)
    assert feed.push(frame(16.0)) is not None
    clock.now += 3.1
    assert not feed.watched
    assert feed.push(frame(16.1)) is None


def test_a_page_that_comes_back_is_told_what_it_missed(feed, clock):
    feed.hear({"hello": True})
    feed.push(frame(1.0))
    assert feed.hear({"seen": True}) is None
    clock.now += 10
    feed.push(frame(11.0))
    assert [seen[0] for seen in feed.hear({"seen": True})["points"]] == [1.0, 11.0]


def test_changes_add_up_to_the_whole(feed, clock):
    feed.hear({"hello": True})
    page, points = dict(feed.hear({"hello": True})["values"]), []
    for each in story():
        clock.now += 0.1
        message = json.loads(json.dumps(feed.push(each)))
        feed.hear({"seen": True})
        page |= message["values"]
        points.append(message["point"])
    clock.now += 3
    feed.hear({"hello": True})
    assert page == {**feed.hear({"hello": True})["values"], "picture@aria-label": page["picture@aria-label"]}
    assert points == list(feed.view.points)
    assert message["facts"] == {"orphans": 0, "done": 1200}


def test_a_change_is_small(feed, clock):
    feed.hear({"hello": True})
    feed.push(killed(8.0))
    assert len(json.dumps(feed.push(killed(8.1, idle=3.3)))) < 3000  # at 10 Hz: less than 30 kB a second


def test_the_text_alternative_changes_at_a_calm_pace(feed, clock):
    feed.hear({"hello": True})
    told = 0
    for each in story(10):
        clock.now += 0.1
        feed.hear({"seen": True})
        told += "picture@aria-label" in feed.push(each)["values"]
    assert 4 <= told <= 6


def test_the_past_is_bounded_in_points_and_in_seconds(feed):
    for k in range(2000):
        feed.push(frame(k / 100))
    assert len(feed.view.points) == POINTS
    for k in range(200):
        feed.push(frame(20.0 + k))
    assert len(feed.view.points) == 61
    assert feed.view.points[-1][0] - feed.view.points[0][0] == 60


def test_a_new_world_begins_a_new_past(feed):
    feed.hear({"hello": True})
    feed.push(frame(50.0))
    message = feed.push(frame(0.0))
    assert [seen[0] for seen in message["points"]] == [0.0]


def test_a_picture_says_that_it_has_stopped_to_whoever_comes_later(feed):
    feed.push(killed())
    feed.push(feed.view.frame, stopped=True)
    message = feed.hear({"hello": True})
    assert message["stopped"]
    assert message["values"]["badge"] == "stopped at 8 s"
    assert {value for key, value in message["values"].items() if key.endswith("@disabled")} == {""}
    assert "stopped at 8 s" in feed.still()


# ── the widget


def press(picture, name):
    picture._handle_custom_msg({"kill": name}, [])


def test_a_button_kills_a_living_worker_of_a_running_world():
    kills = []
    picture = LivePicture(on_kill=kills.append)
    picture.push(killed())
    for name in ("bob", "ada", "nobody"):
        press(picture, name)
    assert kills == ["bob"]
    picture.freeze()
    press(picture, "cy")
    assert kills == ["bob"]
    picture.close()


def test_a_widget_is_watched_for_as_long_as_a_page_says_so():
    picture = LivePicture()
    assert not picture.watched
    picture._handle_custom_msg({"seen": True, "hello": True, "wide": False}, [])
    assert picture.watched
    picture.push(killed())
    assert 'class="jq-live narrow"' in picture.still()
    assert picture.image().startswith("<img alt=")
    picture.close()
