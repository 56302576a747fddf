"""The contract of all live pictures. What one picture alone shows is tested in a file of its own."""

import itertools
import json
import re
from base64 import b64decode
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from day_story import story
from frames import but, frame
from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.markup import in_layout
from jobqueue.lab.pictures.base.view import POINTS
from jobqueue.lab.pictures.lanes.lanes import Lanes, LanesPicture
from jobqueue.lab.pictures.machine.machine import Machine, MachinePicture
from jobqueue.lab.pictures.overview.picture import LivePicture, Overview
from jobqueue.lab.pictures.pictures import Pictures
from jobqueue.lab.pictures.tiers.tiers import Strip, StripPicture
from jobqueue.lab.recording.frame import Mark, PelRow, WaitingJob, WorkerRow
from jobqueue.lab.world import World
from pages import Clock, Page, texts, view_of

WIDGETS = {Overview: LivePicture, Machine: MachinePicture, Strip: StripPicture, Lanes: LanesPicture}

every_picture = pytest.mark.parametrize("kind", WIDGETS)


@pytest.fixture(scope="module")
def frames():
    return story()


@every_picture
def test_it_opens_on_an_empty_queue_in_both_layouts(kind):
    for view in (kind(), view_of(kind, [frame()])):
        assert view.values()["finding"].startswith(("No ", "Nothing "))
        assert view.values()["picture@aria-label"] == view.spoken() != ""
        for wide in (True, False):
            assert view.values()["finding"] in texts(view.draw(wide=wide))
    assert ElementTree.fromstring(view.nodes().replace("&nbsp;", " ")).get("data-k") == "svg"


@every_picture
def test_changes_are_small_and_add_up_to_the_whole(kind, frames):
    page = Page(kind)
    page.follow(frames)
    assert sum(page.sizes[1:]) / len(page.sizes) < 4000  # bytes, ten times per second
    patched, points = page.values, list(page.points)
    page.read(page.feed.hear({"hello": True}))
    assert patched | {"picture@aria-label": ""} == page.values | {"picture@aria-label": ""}
    if len(points[0]) > 1:  # of bare seconds not each is sent
        assert points[-len(page.points) :] == page.points == json.loads(json.dumps(list(page.feed.view.points)))


@every_picture
def test_the_text_alternative_changes_at_a_calm_pace(kind, frames):
    page, changes = Page(kind), 0
    for each in frames[:200]:  # 20 seconds
        page.clock.now += 0.1
        page.feed.hear({"seen": True})
        changes += "picture@aria-label" in (page.feed.push(each) or {"values": ()})["values"]
    assert 3 <= changes <= 11


@every_picture
def test_nothing_is_sent_while_no_page_shows_it_and_a_page_that_comes_back_gets_it_all(kind, frames):
    clock = Clock()
    feed = Feed(kind(), clock)
    assert [feed.push(each) for each in frames[:50]] == [None] * 50
    assert feed.hear({"hello": True})["points"] == list(feed.view.points)
    assert feed.hear({"seen": True}) is None
    clock.now += 3.1
    assert not feed.watched and feed.push(frames[50]) is None
    message = feed.hear({"seen": True})
    assert message["points"] == list(feed.view.points)
    assert not {"hops", "bundles", "trails"} & set(message), "no job may glide from where this page never showed it"


@every_picture
def test_the_past_is_bounded_in_points_and_in_seconds(kind):
    view = view_of(kind, (frame(k / 100) for k in range(2000)))
    assert len(view.points) == POINTS
    for k in range(200):
        view.take(frame(20.0 + k))
    assert [view.points[0][0], view.points[-1][0]] == [159.0, 219.0]


@every_picture
def test_a_new_world_begins_a_new_past(kind, frames):
    page = Page(kind)
    page.follow(frames[:300])
    page.follow([frame(0.5)])
    assert [point[0] for point in page.points] == [0.5]
    assert {key: value for key, value in page.values.items() if key != "badge"} == {
        key: value for key, value in (kind_after(kind, frame(0.5))).items() if key != "badge"
    }


def kind_after(kind, *frames):
    view = view_of(kind, frames)
    return json.loads(json.dumps(view.values() | view.pieces()))


@every_picture
@pytest.mark.parametrize("redis", ["down", "paused"])
def test_while_redis_is_away_the_title_says_so_and_the_rest_stays(kind, redis, frames):
    view = view_of(kind, [*frames[:200], but(frames[199], redis=redis)])
    svg = view.draw()
    assert view.values()["finding"].startswith("Redis ") and view.values()["finding"] in texts(svg)
    assert view.spoken().startswith("Redis ")
    assert len(texts(svg)) > 20


@every_picture
def test_names_are_only_ever_text(kind):
    nasty = '<b a="1">&'
    worker = WorkerRow(nasty, "running", 1, 0, faults=[nasty], jobs=[nasty])
    ledger = [PelRow("1-0", "normal", nasty, 0.1, nasty, 1)]
    heads = {"normal": [WaitingJob("2-0", nasty, 1)]}
    marks = [Mark(12.0, nasty), Mark(12.0, nasty, until=None)]
    policy = {"policy": nasty, "accepted": 2, "waiting": {"normal": 1}, "pending": {"normal": 1}}
    view = view_of(kind, [frame(12.0, workers=[worker], ledger=ledger, heads=heads, marks=marks, **policy)])
    svg = view.draw()
    assert any(nasty in text for text in texts(svg)) and "<b" not in svg
    assert "<b" not in view.still().data


@every_picture
def test_every_value_has_its_node_and_every_text_its_own(kind, frames):
    view = view_of(kind, frames)
    values = in_layout(view.values(), wide=False)
    drawn = re.findall(r"<(\w+)[^>]*?data-k=\"([^\"]+)\"", view.markup(values, wide=False, live=True))
    assert {key.split("@")[0] for key in values} - {"svg", "hatch", "across", "now"} <= {key for _, key in drawn}
    labels, others = ([key for tag, key in drawn if (tag == "text") is text] for text in (True, False))
    assert len(labels) == len(set(labels))
    assert not set(others) & {key for key in values if "@" not in key}, "a text there would erase the nodes inside"


@every_picture
@pytest.mark.parametrize("wide", [True, False])
def test_a_still_needs_nothing_but_itself_in_light_and_in_dark(kind, wide, frames):
    view = view_of(kind, frames[:180])
    svg = view.draw(wide=wide, badge="stopped at 18 s")
    assert "stopped at 18 s" in texts(svg)
    assert set(re.findall(r"(?:https?:)?//[^\s\"']+", svg)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in svg and "<button" not in svg
    assert "prefers-color-scheme: dark" in svg
    first, second = (set(re.findall(r'id="([^"]+)"', view.draw(wide=wide))) for _ in range(2))
    assert first and not first & second, "two on one page"
    assert f'alt="{view.spoken()}"' in view.still().data.replace("&#x27;", "'")


@every_picture
def test_a_widget_shows_frames_stays_when_frozen_and_outlives_its_page(kind, frames):
    picture = WIDGETS[kind]()
    assert not picture.watched
    picture._handle_custom_msg({"seen": True, "hello": True, "wide": False}, [])
    assert picture.watched
    for each in frames[:180]:
        picture.push(each)
    picture.freeze()
    assert 'class="jq-live narrow"' in picture.still().svg and "stopped at 18 s" in texts(picture.still().svg)
    late = picture.feed.hear({"hello": True})
    assert late["stopped"] and late["values"]["badge"] == "stopped at 18 s"
    assert {value for key, value in late["values"].items() if key.endswith("@disabled")} <= {""}
    assert picture.still().data.startswith('<img alt="ada is dead') or kind is not Lanes
    picture.close()
    picture.push(frames[180])


@pytest.mark.parametrize("kind", [Overview, Machine])
def test_a_button_kills_a_living_worker_of_a_running_world(kind):
    kills = []
    picture = WIDGETS[kind](on_kill=kills.append)
    picture.push(frame(1.0, workers=[WorkerRow("ada", "dead", 1, 0), WorkerRow("ben", "idle", 0, 0)]))
    for name in ("ben", "ada", "nobody"):
        picture._handle_custom_msg({"kill": name}, [])
    picture.freeze()
    picture._handle_custom_msg({"kill": "ben"}, [])
    assert kills == ["ben"]
    picture.close()


async def test_each_follows_a_real_world_through_a_dead_server_to_its_end():
    async with World(lease=1) as world:
        asked = [world.watch, world.machine, world.strip, world.lanes]
        pictures = [ask() for ask in asked]
        world.hire()
        well = await world.until(lambda frame: frame.workers[0].state == "idle")
        await world.recorder.next()  # two frames may be of the same hundredth of a second
        await world.faults.kill_redis()
        await world.until(lambda frame: frame.redis == "down")
        assert all(picture.feed.view.values()["finding"].startswith("Redis is down") for picture in pictures)
    assert [ask() for ask in asked] == pictures
    for picture in pictures:
        assert picture.feed.stopped and picture.feed.view.frame == world.recorder.frames[-1]
        assert any(text.startswith("stopped at ") for text in texts(picture.still().svg))
        assert world.still(picture).data.startswith('<img alt="Redis is down')
        assert "Redis is down" not in world.still(picture, until=well.t).data
    assert "Redis is down" not in world.still(until=well.t).data
    pairs = itertools.pairwise(type(picture) for picture in pictures)
    assert all(one is not other for one, other in pairs)


def reading(*jobs):
    """Ten frames per second: a minute without jobs, 90 s with them (`jobs` says how many), and ten minutes without."""
    for tenth in range(7500):
        waiting = jobs[0] if 600 <= tenth < 1500 else 0
        yield frame(tenth / 10, waiting={"normal": waiting}, workers=[{"name": "ada", "pid": 1}])


def test_a_still_shows_the_time_it_speaks_of_and_not_the_reading_around_it():
    frames = list(reading(5))
    pictures = Pictures(SimpleNamespace(frames=frames), print)
    seconds = [float(text[:-2]) for text in texts(svg(pictures.still().data)) if re.fullmatch(r"\d+ s", text)]
    assert 55 <= min(seconds) <= 75 and 130 <= max(seconds) <= 155
    lanes = pictures.still(pictures.lanes(), since=60.0, until=150.0).data
    seconds = [float(text[:-2]) for text in texts(svg(lanes)) if re.fullmatch(r"\d+ s", text)]
    assert min(seconds) == 60 and 130 <= max(seconds) <= 155
    assert "from 60 to 150 s" in texts(svg(lanes))
    assert len(lanes) < 60_000  # 900 frames, thinned


def svg(image):
    """The SVG in an HTML image."""
    return b64decode(re.search(r'base64,([^"]*)"', image)[1]).decode()
