"""The control room without a page: its account and its desk as data, and its buttons on a real world."""

import re
from collections import defaultdict

import pytest

from frames import but
from frames import frame as by_hand
from helpers import eventually_async
from jobqueue.lab.recording.frame import Mark, WorkerRow
from jobqueue.lab.room import markup
from jobqueue.lab.room.bar import Bar
from jobqueue.lab.room.control import control_room
from jobqueue.lab.room.desk import RATES, ROWS, Desk
from jobqueue.lab.room.orders import FOR_ONE, NETWORK, ORDERS
from jobqueue.lab.room.tally import RunningTally
from jobqueue.lab.world import World


def frame(t=1.0, waiting=0, pending=0, events=(), marks=(), **more):
    places = {"waiting": {"normal": waiting}, "pending": {"normal": pending}}
    events = [{"t": t, "event": event, "job": job} for event, job in events]
    return by_hand(t, **places | {"events": events, "marks": list(marks)} | more)


def worker(name="ada", state="running", number=0, **more):
    return WorkerRow(name, state, 8, 3, number, number, **more)


def bar(*frames):
    view = Bar()
    for each in frames:
        view.take(each)
    return view.values("live, 1 s")


def tally(*frames):
    found = RunningTally()
    for each in frames:
        found.take(each)
    return found


# ── the account


def test_the_invariant_is_written_out_and_checked():
    found = bar(frame(accepted=20, waiting=5, pending=8, done=6, dead=1))
    assert found["equation"] == "20 accepted = 5 waiting + 8 pending + 0 delayed + 6 done + 1 dead"
    assert (found["check"], found["check@class"]) == ("✓ holds", "check")
    numbers = [found[name] for name in ("accepted", "done", "twice", "refused", "dead", "lost")]
    assert numbers == ["20", "6", "0", "0", "1", "0"]


@pytest.mark.parametrize(("accepted", "off"), [(21, 1), (17, -3)])
def test_an_invariant_that_is_broken_says_by_how_many(accepted, off):
    found = bar(frame(accepted=accepted, waiting=20))
    assert (found["check"], found["check@class"]) == (f"✗ broken by {abs(off)}", "check wrong")
    assert found["picture@aria-label"].endswith(f"It is broken by {abs(off)}.")
    assert tally(frame(accepted=accepted, waiting=20), frame(2.0, accepted=accepted)).worst == max(abs(off), accepted)


def test_every_term_of_the_invariant_counts():
    whole = {"accepted": 40, "foreign": 2, "discarded": 3, "cancelled": 4, "done": 10, "dead": 5}
    found = tally(frame(waiting=12, pending=6, delayed={"low": 2}, **whole))
    assert found.off == 0
    assert found.equation == (
        "40 accepted + 2 foreign = 12 waiting + 6 pending + 2 delayed + 10 done + 5 dead + 3 discarded + 4 cancelled"
    )


def test_what_was_accepted_before_a_server_lost_its_data_is_lost():
    before = frame(accepted=30, waiting=10, pending=8, done=11, dead=1)
    after = [frame(2.0), frame(3.0, accepted=5, waiting=5)]
    found = bar(before, but(before, redis="down"), *after)
    assert [found[name] for name in ("accepted", "done", "lost", "dead")] == ["35", "11", "19", "0"]
    assert (found["check"], found["wiped"]) == ("✓ holds", "of what Redis knows since it lost its data")
    assert found["lost.box@class"] == "trouble"


def test_a_job_is_run_twice_if_it_was_begun_again_before_it_had_ended():
    reaped = [("fetched", "a"), ("fetched", "b"), ("reaped", "a"), ("fetched", "a"), ("reaped", "a"), ("fetched", "a")]
    failed = [("fetched", "c"), ("retried", "c"), ("fetched", "c"), ("dead", "c"), ("replayed", "c"), ("fetched", "c")]
    assert tally(frame(events=reaped + failed)).run_twice == 1
    assert tally(frame(events=reaped[:3]), frame(2.0, events=[("fetched", "a"), ("done", "a")])).run_twice == 1


def test_a_new_world_has_a_new_account():
    found = bar(frame(9.0, accepted=3, waiting=3), frame(0.1))
    assert (found["accepted"], found["lost"]) == ("0", "0")


def news(view):
    found = view.values()
    return found["news.t"], found["news"], found["news.box@class"]


def test_the_news_are_what_was_said_until_there_is_a_newer_mark():
    view, mark = Bar(), Mark(1.0, "kill -9 ada")
    view.take(frame())
    assert news(view) == ("", "", "news calm")
    view.latest.say(1.1, "ada is gone", "fault", [mark])
    view.take(frame(2.0, marks=[mark]))
    assert news(view) == ("1.1 s", "ada is gone", "news fault")
    view.take(frame(3.0, marks=[mark, Mark(3.0, "ben hired", False)]))
    assert news(view) == ("3.0 s", "ben hired", "news calm")
    view.latest.say(4.0, "no such worker", "error", [])
    assert news(view)[2] == "news error"


def test_the_end_of_what_lasts_is_news_too():
    view, mark = Bar(), Mark(1.0, "Redis paused", until=None)
    view.latest.say(1.0, "Redis stands still", "fault", [mark])
    view.take(frame(2.0, marks=[mark]))
    assert news(view)[1] == "Redis stands still"
    over = Mark(1.0, "Redis paused", until=4.0)
    view.take(frame(4.1, marks=[over]))
    assert news(view) == ("4.0 s", "Redis paused: over, after 3 s", "news calm")
    view.latest.say(5.0, "Everything is whole", "calm", [over, Mark(2.0, "x", until=5.0)])
    view.take(frame(5.1, marks=[over, Mark(2.0, "x", until=5.0)]))
    assert news(view)[1] == "Everything is whole"


def test_what_is_over_at_once_leaves_time_to_read_what_it_was():
    view, mark = Bar(), Mark(1.0, "ada's next delivery lost", until=None)
    view.latest.say(1.0, "The next jobs that ada fetches are pending", "fault", [mark])
    view.take(frame(2.0, marks=[Mark(1.0, "ada's next delivery lost", until=1.2)]))
    assert news(view)[1] == "The next jobs that ada fetches are pending"


@pytest.mark.parametrize("state", ["up", "down", "paused"])
def test_redis_says_how_it_is(state):
    assert bar(frame(redis=state))["redis"] == f"Redis is {state}"


# ── the desk


def desk(*frames, chosen=None):
    view = Desk("Poisson", "sleep 1 s")
    for each in frames:
        view.take(each)
    view.chosen = chosen or view.chosen
    return view


def test_buttons_are_for_the_worker_that_is_chosen():
    team = [worker("ada", "dead"), worker("ben", number=1, faults=["slow ×4", "cut off"])]
    found = desk(frame(workers=team), chosen="ada").values()
    assert found["to"] == "ada is dead: choose another"  # it says why the buttons are grey
    assert (found["row0.name"], found["row1.name"]) == ("ben", "ada")  # the living first
    assert (found["row0@aria-checked"], found["row1@aria-checked"]) == ("false", "true")
    assert {name for name in ORDERS if found[f"{name}@disabled"] == ""} == FOR_ONE  # for it is dead
    found = desk(frame(workers=team), chosen="ben").values()
    assert (found["to"], {found[f"{name}@disabled"] for name in ORDERS}) == ("to ben", {None})
    assert (found["row0.state"], found["row0.faults"]) == ("runs 8", "slow ×4, cut off")


def test_with_nobody_hired_only_a_worker_s_own_buttons_are_off():
    found = desk(frame()).values()
    assert (found["to"], found["nobody"]) == ("choose a worker", "none hired yet")
    assert {name for name in ORDERS if found[f"{name}@disabled"] == ""} == FOR_ONE


def test_the_living_are_listed_first_then_the_latest_of_the_others():
    names = [f"w{i}" for i in range(ROWS)]
    states = dict.fromkeys(names, "idle")

    def ends(name, state="dead"):
        states[name] = state
        return frame(workers=[worker(name, state, i) for i, (name, state) in enumerate(states.items())])

    view = desk(ends("w5"), ends("w2"), ends("w8", "gone"))
    assert [one.name for one in view.listed()] == [
        *(name for name in names if name not in {"w2", "w5", "w8"}),
        "w8",
        "w2",
        "w5",
    ]
    states |= {"new": "idle"}
    view.take(ends("w0"))
    assert [one.name for one in view.listed()][-4:] == ["new", "w0", "w8", "w2"]  # no room for w5


def test_a_worker_that_died_by_itself_is_news():
    def team(*states):
        return [worker(name, state, i) for i, (name, state) in enumerate(zip(("ada", "ben"), states, strict=True))]

    view = Bar()
    view.take(frame(1.0, workers=team("running", "running")))
    view.take(frame(2.0, workers=team("dead", "running"), marks=[Mark(1.9, "kill -9 ada")]))
    assert news(view)[1] == "kill -9 ada"  # that's no news of a death: you did it
    view.take(frame(3.0, workers=team("dead", "dead"), marks=[Mark(1.9, "kill -9 ada")]))
    assert news(view) == (
        "3.0 s",
        "ben died by itself, with 8 jobs in its hands. One of them may be poison.",
        "news fault",
    )


def test_dials_show_what_is_in_force():
    view = desk(frame(lease=3.9, policy="aging:5", capacity={"low": [10, 20], "high": [7, 9]}))
    view.rates["low"] = 50
    found = view.values()
    assert (found["lease@data-value"], found["lease.words"]) == ("3", "3.9 s")
    assert (found["policy@data-value"], found["rate.low@data-value"], found["rate.low.words"]) == (
        "aging, 5 s",
        "6",
        "50/s",
    )
    assert [found[f"marks.{tier}@data-value"] for tier in ("high", "normal", "low")] == ["", "no limit", "10–20"]


def test_names_are_escaped():
    found = bar(frame(marks=[{"t": 0, "label": "<b>&", "fault": True}]))
    assert "&lt;b&gt;&amp;" in markup.bar(found, {})


# ── the room, without a page


@pytest.fixture
async def world():
    async with World() as world:
        yield world


async def test_a_world_has_one_room_which_knows_what_was_before_it(world):
    world.hire()
    await world.recorder.next()
    room = control_room(world)
    assert control_room(world) is room
    assert (room.bar.view.values()["news"], room.desk.view.chosen) == ("ada hired", "ada")


async def test_what_goes_wrong_is_said_in_a_line(world):
    room = control_room(world)
    for name, value, said in (
        ("freeze", "", "no worker named '' is alive; alive: none, so hire some"),
        ("rate.high", "99", "IndexError: tuple index out of range"),
        ("policy", "nonsense", "KeyError: 'nonsense'"),
    ):
        await room.do(name, value)
        assert news(room.bar.view)[1:] == (said, "news error")


async def test_dials_say_what_they_mean_and_are_marks_in_the_recording(world):
    room = control_room(world)
    await room.do("policy", "aging, 5 s")
    assert room.bar.view.values()["news"].startswith("A waiting job rises")
    await room.do("lease", "0")
    await room.do("marks.low", "10–20")
    assert room.bar.view.values()["news"] == "low is full at 20 jobs, and then refuses more until it has fallen to 10."
    await room.do("marks.low", "no limit")
    labels = [mark.label for mark in world.recorder.marks]
    assert labels == ["policy: aging, 5 s", "lease 0.5 s", "low limited to 20", "low without limit"]
    assert (await world.queue.policy(), await world.queue.lease()) == ("aging:5", 0.5)


def test_a_button_says_whose_it_is_before_a_worker_is_named():
    titles = re.findall(r'data-do="\w+" title="([^"]+)"', markup._buttons(markup.Html(defaultdict(str)), NETWORK))
    assert len(titles) == len(NETWORK)
    assert "Its network is whole. What vanished stays vanished." in titles
    assert not [title for title in titles if "it&#x27;s" in title or "{" in title or title[0].islower()]


async def test_loads_go_on_at_another_rate_and_as_something_else(world):
    room, snapshot = control_room(world), world.queue.snapshot
    await room.do("rate.high", str(RATES.index(200)))
    await room.do("task", "fail")
    await room.do("arrivals", "steady")
    await eventually_async(lambda: world.traffic.loads[0].accepted)
    [load] = [load for load in world.traffic.loads if load.running]
    assert (load.tier, load.rate, load.job.task) == ("high", 200, "fail")
    await room.do("rate.high", str(RATES.index(1)))
    assert (load.running, load.rate, room.desk.view.rates["high"]) == (True, 1, 1)
    await room.do("flood.low")
    assert room.desk.view.flooded == {"low"}
    await room.do("flood.low")
    await room.do("rate.high", "0")
    assert (room.desk.view.flooded, [load for load in world.traffic.loads if load.running]) == (set(), [])
    assert (await snapshot()).accepted > 0


@pytest.mark.parametrize("order", ["clear", "afresh"])
async def test_after_a_fresh_start_the_account_and_the_loads_start_over(world, order):
    world.hire(1)
    room, snapshot = control_room(world), world.queue.snapshot
    await room.do("policy", "strict")
    await room.do("marks.low", "10–20")
    await room.do("task", "hang")
    await room.do("rate.high", str(RATES.index(200)))
    await eventually_async(lambda: room.tally.totals["pending"])
    await room.do(order)
    empty = await snapshot()
    assert (empty.accepted, empty.unsettled) == (0, 0)
    assert (room.tally.accepted, room.tally.lost, room.tally.off, room.tally.wiped) == (0, 0, 0, 0)
    assert (room.desk.view.rates["high"], [load for load in world.traffic.loads if load.running]) == (0, [])
    await world.queue.enqueue("sleep", {"seconds": 0})
    await eventually_async(lambda: room.tally.done == 1)
    assert len(world.fleet.alive) == (1 if order == "clear" else 3)
    assert (await world.queue.policy()) == ("strict" if order == "clear" else None)


async def test_a_room_of_a_world_that_is_closed_does_nothing_more(world):
    room = control_room(world)
    await world.close()
    await room.do("hire")
    assert "this world is closed" in room.bar.view.values()["news"]
    assert room.bar.feed.stopped
