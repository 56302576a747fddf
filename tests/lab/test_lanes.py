"""The workers' lanes, tested as data: what they say of frames, and where."""

from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from day_story import story
from frames import frame as by_hand
from jobqueue.lab.pictures.base.markup import in_layout
from jobqueue.lab.pictures.base.timeline import LEFT
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.lanes.track import FEW, Spans
from jobqueue.lab.pictures.lanes.values import EDGE, LANES, PITCH, TALL, TOP
from jobqueue.lab.recording.frame import WorkerRow
from jobqueue.lab.traffic.load import steady
from jobqueue.lab.world import World

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def frames():
    return story()


def seen(frames, until=float("inf")):
    lanes = Lanes()
    for frame in frames:
        if frame.t <= until:
            lanes.take(frame)
    return lanes


def look(frames, until=float("inf"), wide=False):
    return in_layout(seen(frames, until).values(), wide=wide)


def worker(name="ada", state="running", number=0, **more):
    return WorkerRow(name, state, **{"pid": 4242, "running": 0, "done": 0, "colour": number, "shape": number} | more)


def frame(t, *workers, **more):
    return by_hand(t, **{"lease": 4.0, "workers": list(workers)} | more)


def reaped(name, n=1):
    return [{"event": "reaped", "worker": name}] * n + [{"event": "done", "worker": name}]


# ── the words


@pytest.mark.parametrize(
    ("t", "title"),
    [
        (1, "3 workers, nothing to run"),
        (17, "ada is dead, and left 4 orphans: 3 s of lease left"),
        (21, "4 jobs of ada reaped: others will run them again"),
        (28, "ben is frozen: alive but silent, holding 4 jobs"),
        (31, "4 jobs of ben reaped: others will run them again"),
        (42, "cleo: slow ×4"),
        (52, "Redis doesn't answer: the whole world stands still"),
        (64, "3 workers, 12 jobs in hand"),
    ],
)
def test_the_title_is_the_finding(frames, t, title):
    found = look(frames, t)
    assert found["finding"] == title
    assert found["picture@aria-label"].startswith(f"{title}. After {t} s: ada ")


def test_more_titles():
    two = worker("ada", "dead", running=2), worker("ben", "dead", 1, running=1)
    ledger = [{"worker": name, "idle": 5.0, "orphan": True} for name in ("ada", "ada", "ben")]
    said = "ada and ben are dead, and left 3 orphans: their leases are over"
    assert look([frame(1, *two, ledger=ledger)])["finding"] == said
    assert look([frame(1)])["finding"] == "No worker has been hired yet"
    assert look([frame(1, *two, waiting={"low": 3})])["finding"] == "No worker is left, and 3 jobs wait"
    half = worker("ada", running=3), worker("ben", "idle")
    assert look([frame(1, *half)])["finding"] == "2 workers, 1 of them idle, 3 jobs in hand"
    ill = [worker(name, faults=["cut off"]) for name in ("ada", "ben", "cleo")]
    assert look([frame(1, *ill)])["finding"] == "ada: cut off; ben: cut off; 1 more"


def test_each_state_has_its_words_beside_its_lane():
    states = ["starting", "idle", "running", "frozen", "dead", "gone"]
    found = look([frame(1, *(worker(state, state, i, running=1, jobs=["j"]) for i, state in enumerate(states)))])
    words = ["starting", "idle", "runs 1 job", "frozen, holds 1", "dead, 1 orphan", "left in order"]
    assert [found[f"lane{i}.state"] for i in range(6)] == words
    assert [found[f"lane{i}@class"].split()[1] for i in range(6)] == states
    assert found["lane6@class"] == "off"
    assert found["lane0.pid"] == "pid 4242"


def test_who_holds_much_more_than_it_runs_is_found_out():
    found = look([frame(1, worker(running=32, jobs=["a", "b"]), worker("ben", running=40, jobs=[*range(16)]))])
    assert [found[f"lane{i}.state"] for i in range(2)] == [
        "holds 32, runs 2",
        "runs 40 jobs",
    ]  # 16 are all a frame names


def test_what_is_wrong_with_a_worker_now_is_told_beside_its_lane_and_what_was_in_it(frames):
    assert look(frames, 42)["lane2.ill"] == "slow ×4"
    found = look(frames, 48)
    assert found["lane2.ill"] == ""
    assert found["lane2.ail0.label"] == "slow ×4"
    assert found["lane2.ails@d"] == f"M38.1 0H46.1V{EDGE}H38.1Z"


def test_what_is_wrong_with_a_worker_fits_beside_its_lane():
    slow = worker(faults=["slow ×4", "cut off"]), worker("ben", faults=["delay 0.25 s", "hoards 64", "cut off"])
    found = look([frame(1, *slow)])
    assert [found[f"lane{i}.ill"] for i in range(2)] == ["slow ×4, cut off", "cut off, +2"]
    assert found["finding"] == "ada: slow ×4, cut off; ben: cut off, +2"
    assert "delay 0.25 s, hoards 64, cut off" in found["picture@aria-label"]


# ── the lanes


def test_a_lane_s_height_is_how_many_jobs_it_holds_by_the_scale_of_all():
    lanes = seen([frame(1, worker(running=3, jobs=["a", "b"]), worker("ben", number=1, running=11))])
    assert list(lanes.points) == [[1, 3, 2, 0, 11, 0, 0]]
    found = in_layout(lanes.values(), wide=False)
    assert found["scale"] == "12"
    assert found["height@transform"] == f"matrix(1 0 0 {-TALL / 12:.5f} 0 {TALL})"
    assert [found[f"lane{i}.held@data-s"] for i in range(3)] == ["1", "4", ""]


def test_a_dead_worker_s_jobs_are_orphans_until_they_are_reaped(frames):
    lanes = seen(frames, 24)
    held = {point[0]: point[1:4] for point in lanes.points}
    assert (held[16.0], held[16.1], held[19.0], held[22.0]) == ([4, 4, 0], [0, 0, 4], [0, 0, 4], [0, 0, 0])
    found = in_layout(lanes.values(), wide=False)
    assert found["lane0.orphans@data-s"] == "3"
    assert found["lane0.life@d"] == f"M0.3 0H16.1V{TALL}H0.3Z"
    assert found["lane0.reap0.label"] == "4 reaped"
    assert found["lane0@class"] == "lane dead w0"
    assert look(frames, 18)["lane0@class"] == "lane dead w0 haunted"


def test_a_frozen_worker_is_hatched_for_as_long_as_it_was_frozen(frames):
    assert look(frames, 28)["lane1.frozen@d"] == f"M26.1 0H1e+07V{TALL}H26.1Z"
    assert look(frames, 48)["lane1.frozen@d"] == f"M26.1 0H32.1V{TALL}H26.1Z"


def test_reaped_within_a_second_is_one_mark_and_later_another():
    lanes = seen([frame(1, worker())])
    for t, n in ((2, 3), (2.4, 5), (3.5, 1)):
        lanes.take(frame(t, worker(), events=reaped("ada", n)))
    found = in_layout(lanes.values(), wide=False)
    assert [found[f"lane0.reap{k}.label"] for k in range(3)] == ["", "1 reaped", ""]  # the first one's has no room
    assert [found[f"lane0.reap{k}@class"] for k in range(3)] == ["reap", "reap", "off"]
    assert [n for _, _, n in lanes.tracks["ada"].reaps] == [8, 1]


def test_few_jobs_are_thin_bars_each_in_a_row_of_its_own():
    steps = [["a"], ["a", "b"], ["b"], ["b", "c"], []]
    found = look([frame(t, worker(jobs=jobs, running=len(jobs))) for t, jobs in enumerate(steps)])
    half = TALL / 2
    assert found["lane0.jobs@d"] == (f"M0 {half:g}H2V{TALL}H0Z" + f"M1 0H4V{half:g}H1Z" + f"M3 {half:g}H4V{TALL}H3Z")
    assert found["lane0.runs@data-s"] == ""


def test_many_jobs_are_an_area():
    lanes = seen([frame(t / 10, worker(jobs=[f"j{t}"], running=1)) for t in range(FEW + 10)])
    found = in_layout(lanes.values(), wide=False)
    assert found["lane0.jobs@d"] == ""
    assert found["lane0.runs@data-s"] == "2"


def test_spans_take_the_lowest_row_that_is_free():
    spans = Spans()
    for t, names in enumerate((["a", "b", "c"], ["b", "c"], ["b", "c", "d"], ["d", "e"])):
        spans.follow(t, names)
    assert {span.name: span.row for span in spans.since(-1)} == {"a": 0, "b": 1, "c": 2, "d": 0, "e": 1}
    assert [span.name for span in spans.since(1)] == ["b", "c", "d", "e"]


def test_who_joins_late_has_a_lane_from_then_on_and_who_leaves_ends(frames):
    found = look(frames)
    assert found["lane3.name"] == "dan"
    assert found["lane3.life@d"].startswith("M60.1 0H1e+07V")
    assert found["lane1@class"] == "lane gone w1"
    assert found["svg@viewBox"].split()[-1] == str(TOP + 4 * PITCH + 26)


def test_more_workers_than_lanes_are_had_by_leaving_out_who_ended_first():
    team = [worker(f"w{i}", "dead" if i in (2, 5) else "idle", i) for i in range(LANES + 1)]
    alive = [replace(one, state="idle") for one in team]
    first = [replace(one, state="dead" if one.name == "w5" else "idle") for one in team]
    found = look([frame(1, *alive), frame(2, *first), frame(3, *team)])
    names = [found[f"lane{i}.name"] for i in range(LANES)]
    assert names == [f"w{i}" for i in range(LANES + 1) if i != 5]
    assert found["more"] == "and 1 more, dead or gone"
    assert [found[f"lane{i}.held@data-s"] for i in (4, 5)] == ["13", "19"]


# ── the page


def test_a_new_world_begins_a_new_past(frames):
    lanes = seen(frames)
    lanes.take(frame(0.5, worker("zoe")))
    assert list(lanes.tracks) == ["zoe"]
    assert [point[0] for point in lanes.points] == [0.5]


@pytest.mark.parametrize("wide", [True, False])
def test_a_still_holds_the_facts(frames, wide):
    svg = seen(frames, 18).draw(wide=wide, badge="stopped at 18 s")
    root = ElementTree.fromstring(svg)
    words = {node.text for node in root.iter(f"{SVG}text")}
    assert {"ada", "dead, 4 orphans", "kill -9 ada", "runs 4 jobs", "stopped at 18 s", "jobs"} <= words
    assert (root.attrib["data-orphans"], root.attrib["data-alive"]) == ("4", "2")
    assert f'x="{LEFT}"' in Lanes().draw()


async def test_real_workers_and_a_picture_that_is_asked_for_late():
    async with World(lease=1.0) as world:
        live = world.lanes()
        world.hire(2, concurrency=2)
        world.load(steady(40), payload={"seconds": 0.2})
        await world.until(lambda frame: all(one.running == 2 for one in frame.workers))
        world.kill("ada")
        world.freeze("ben")
        await world.until(lambda frame: [one.state for one in frame.workers] == ["dead", "frozen"])
        world.thaw("ben")
        await world.until(lambda frame: frame.reaped >= 2)
        await world.until(lambda frame: frame.workers[0].running == 0)
    late = world.lanes()
    assert late is live
    for view in (live.feed.view, _again(world)):
        found = in_layout(view.values("stopped"), wide=True)
        assert found["lane0@class"] == "lane dead w0"
        assert "2 reaped" in [found[f"lane0.reap{k}.label"] for k in range(3)]
        assert "frozen" in [found[f"lane1.ail{k}.label"] for k in range(3)]
        assert found["lane1.jobs@d"]
    assert world.still(late).data.startswith('<img alt="')
    assert world.strip().feed.stopped


def _again(world):
    """The same, out of the recording."""
    return seen(world.recorder.frames)
