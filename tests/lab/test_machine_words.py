"""The machine in words, and its messages to the page."""

import itertools
import json

import pytest

from frames import but
from frames import frame as by_hand
from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.machine.scene import Scene, step
from jobqueue.lab.pictures.machine.values import values
from jobqueue.lab.pictures.machine.words import about, news, spoken, title
from machine_story import Paper, at_work, fold, story
from pages import Clock


@pytest.fixture
def paper():
    return at_work()


def test_what_just_happened_is_said_once_for_all():
    scenes = itertools.accumulate(itertools.chain.from_iterable(story().values()), step, initial=Scene())
    told = {line for scene in scenes for line in map(news, scene.news)}
    assert "6.5 s   reaped: 8 jobs taken from ada, the lease ran out; to the tail of normal as a new attempt" in told
    assert "1.8 s   retried: 2 jobs from ben failed, and will be tried again after a delay" in told
    assert "2.2 s   kill -9 ada" in told


def test_the_title_says_what_is_wrong(paper):
    assert title(fold([paper.tick()])) == "2 workers at work, 1 idle, 16 jobs waiting"
    assert title(fold([but(paper.tick(), redis="down")])).startswith("Redis is down")
    paper.team["ada"] = "frozen"
    assert title(fold([paper.tick()])) == "ada is frozen, and 8 leases run out unrenewed"
    paper.kill("ada")
    assert title(fold([paper.tick()])) == "8 orphans of ada, the first lease ends in 4 s"


def test_entries_of_your_own_are_not_counted_as_the_kit_s_jobs():
    """Lessons 01 and 02 said "done 0" and "accepted 0" of parcels that were packed."""
    by_xadd = by_hand(waiting={"normal": 6}, workers=[{"name": "ada", "state": "running", "pid": 7}])
    found = values(fold([by_xadd]))
    assert (found["flow"], found["done"]) == ("entries of your own, added without the kit", "done")
    assert found["card0.facts"] == "pid 7"
    by_the_kit = values(fold([but(by_xadd, accepted=6)]))
    assert (by_the_kit["flow"], by_the_kit["done"], by_the_kit["card0.facts"]) == (
        "accepted 6",
        "0 done",
        "pid 7 · done 0",
    )


def test_a_full_tier_says_so(paper):
    paper.extra = {"capacity": {"normal": [10, 32]}, "refused": 7}
    found = values(fold([paper.tick()]))
    assert found["normal.tape@class"] == "tape full"
    assert "full: 32 of 32" in found["normal.state"]
    assert "refused 7" in found["flow"]
    paper.done(*(f"n{i}" for i in range(8)))
    assert "depth 24 of 32" in values(fold([paper.tick()]))["normal.state"]


def test_faults_stand_on_the_card_of_whom_they_trouble(paper):
    paper.faults = {"ben": ["slow ×4", "cut off"]}
    found = values(fold([paper.tick()]))
    assert (found["card1.faults"], found["card1.facts"]) == ("slow ×4, cut off", "")
    assert "ben running 8 jobs, slow ×4, cut off" in found["picture@aria-label"]
    paper.faults["ben"].append("hoards 64 jobs")  # there is no room for all beside the name and the button
    assert values(fold([paper.tick()]))["card1.faults"] == "hoards 64 jobs, +2"


def test_while_redis_is_away_the_picture_says_that_it_shows_the_past(paper):
    found = values(fold([but(paper.tick(), redis="paused")]))
    assert (found["away"], found["jobs@class"], found["redis@class"]) == ("Redis is paused", "jobs away", "redis away")
    assert values(fold([paper.tick()]))["away"] == ""


def test_a_token_is_told_in_words(paper):
    paper.kill("ada")
    scene = fold([paper.tick()])
    told = about("n0", scene.tokens["n0"], EntryNames())
    assert told.startswith("job n0 · normal · attempt 1 · entry ")
    assert told.endswith("pending under ada, which is dead")


def test_the_text_alternative_tells_it_all(paper):
    paper.kill("ada")
    told = spoken(fold([paper.tick()]))
    for words in ("8 orphans of ada", "normal: 16 waiting, 16 pending", "ada dead, 8 orphans, lease", "kill -9 ada"):
        assert words in told


@pytest.mark.parametrize(
    ("due", "words"), [(0.0, "due"), (2.26, "2.3 s"), (15.2, "15 s"), (3000, "50 min"), (1e5, "28 h")]
)
def test_a_countdown_fits_its_slot(due, words):
    frame = by_hand(delayed={"low": 1}, delayed_jobs={"low": [["j", 2, due]]})
    assert values(fold([frame]))["due0"] == words


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def feed(clock):
    return Feed(Machine(), clock)


def test_nothing_is_told_while_nothing_changes(feed, clock):
    paper, told = Paper("ada", "ben"), 0
    feed.hear({"hello": True})
    for _ in range(100):
        clock.now += 0.1
        feed.hear({"seen": True})
        told += feed.push(paper.tick()) is not None
    assert told <= 16, "the seconds in the corner, and in the text alternative"


def test_a_change_is_small_even_under_a_flood(feed, clock):
    paper, sizes = Paper("ada", "ben", "cleo"), []
    feed.hear({"hello": True})
    for k in range(60):
        paper.enqueue(*(f"{k:010x}{i:010x}" for i in range(200)), tier="low")
        for name in paper.team:
            paper.done(*[job for job in paper.held if paper.jobs[job]["worker"] == name])
            paper.fetch(name, 8, "low")
        clock.now += 0.1
        feed.hear({"seen": True})
        sizes.append(len(json.dumps(feed.push(paper.tick()))))
    assert sum(sizes[10:]) / 50 < 14_000  # at 10 Hz
