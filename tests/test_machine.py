import itertools
import json
import random
import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from jobqueue.lab.live.feed import Feed
from jobqueue.lab.live.frame import NOTHING
from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.machine import Machine, MachinePicture
from jobqueue.lab.live.machine_moves import AT_ONCE
from jobqueue.lab.live.machine_places import CARDS, LEDGER, WIDTHS, Place, height, held_by, rows
from jobqueue.lab.live.machine_scene import Scene, step
from jobqueue.lab.live.machine_still import body, draw
from jobqueue.lab.live.machine_values import values
from jobqueue.lab.live.machine_words import about, lately, news, spoken, title
from jobqueue.lab.live.values import shaped
from machine_story import Paper, story

SVG = "{http://www.w3.org/2000/svg}"
ROOM = {**dict.fromkeys(TIERS, 16), "delayed": 12, "done": 6, "dead": 4}


def fold(frames, scene=None):
    scene = scene or Scene()
    for frame in frames:
        scene = step(scene, frame)
    return scene


@pytest.fixture
def paper():
    """A queue in which three workers have eight, eight and no job; sixteen wait."""
    found = Paper("ada", "ben", "cleo")
    found.enqueue(*(f"n{i}" for i in range(32)))
    found.fetch("ada", 8)
    found.fetch("ben", 8)
    return found


# ── the places


@pytest.mark.parametrize("form", WIDTHS)
@pytest.mark.parametrize("cards", range(CARDS + 1))
@pytest.mark.parametrize("lines", [1, 2])
def test_no_two_slots_overlap_and_none_is_out_of_the_picture(form, cards, lines):
    names = tuple(f"w{i}" for i in range(cards))
    room = ROOM | {held_by(name): LEDGER // 2 * lines for name in names}
    found = rows(form, names, lines)
    slots = [found[row].at(i) for row, n in room.items() for i in range(n)]
    for (x, y), (u, v) in itertools.combinations(slots, 2):
        assert max(abs(x - u), abs(y - v)) >= 25  # a token is 22 wide
    assert all(11 <= x <= WIDTHS[form] - 11 for x, _ in slots)
    assert all(11 <= y <= height(form, cards, lines) - 11 for _, y in slots)
    ledger = [found[held_by(name)].at(i) for name in names for i in range(LEDGER // 2 * lines)]
    assert all(max(abs(x - u), abs(y - v)) >= 35 for (x, y), (u, v) in itertools.combinations(ledger, 2))  # their rings


# ── who is where


def rows_of(scene):
    return {job: (token.place.row, token.place.index) for job, token in scene.tokens.items()}


def test_every_job_stands_in_the_place_where_it_is(paper):
    paper.done("n0")
    paper.retry("n1", 3.0)
    paper.retry("n2", 1.0)
    paper.bury("n3")
    found = rows_of(fold([paper.tick()]))
    assert [found[job] for job in ("n0", "n1", "n2", "n3")] == [
        ("done", 0),
        ("delayed", 1),
        ("delayed", 0),
        ("dead", 0),
    ]
    assert [found[f"n{i}"] for i in range(16, 32)] == [("normal", i) for i in range(16)]
    assert {found[f"n{i}"][0] for i in range(8, 16)} == {held_by("ben")}


def test_what_is_pending_keeps_its_slot_while_others_come_and_go(paper):
    before = fold([paper.tick()])
    paper.done("n8", "n10")
    paper.fetch("ben", 1)
    after = fold([paper.tick()], before)
    assert rows_of(after)["n16"] == (held_by("ben"), 0)
    assert all(rows_of(after)[f"n{i}"] == rows_of(before)[f"n{i}"] for i in (9, 11, 12, 13, 14, 15))


def test_an_orphan_an_expired_lease_and_a_reaped_job_are_marked(paper):
    paper.kill("ada")
    scene = fold([paper.tick()])
    assert scene.tokens["n0"].look == "token normal held orphan"
    assert scene.tokens["n8"].look == "token normal held"
    paper.t = 3.95
    scene = fold([paper.tick()], scene)
    assert scene.tokens["n0"].look == "token normal held orphan late"
    assert scene.tokens["n8"].look == "token normal held", "the living have had a heartbeat"
    paper.waiting["normal"].clear()
    paper.reap("n0")
    scene = fold([paper.tick()], scene)
    assert scene.tokens["n0"].look == "token normal reaped again"
    paper.fetch("cleo")
    paper.retry("n0", 9)
    scene = fold([paper.tick()], scene)
    assert scene.tokens["n0"].look == "token normal again", "a retry clears the ticket's mark"


def test_a_consumer_that_is_none_of_the_fleet_has_a_card_too(paper):
    paper.team["me"] = "alive"
    paper.fetch("me")
    frame = paper.tick()
    frame["workers"] = frame["workers"][:3]
    scene = fold([frame])
    assert scene.cards == ("ada", "ben", "cleo", "me")
    assert values(scene)["card3.state"] == "a consumer of yours, holds 1 job"
    assert values(scene)["button3@class"] == "off"


def test_many_workers_the_dead_who_hold_nothing_make_room():
    names = [f"w{i}" for i in range(20)]
    paper = Paper(*names[:4])
    scene = fold([paper.tick()])
    paper.team |= dict.fromkeys(names[:3], "dead")
    assert fold([paper.tick()], scene).cards == tuple(names[:4]), "nobody vanishes just by dying"
    paper.team |= dict.fromkeys(names[4:8], "alive")
    scene = fold([paper.tick()], scene)
    assert scene.cards == tuple(names[2:8])
    paper.team |= dict.fromkeys(names[8:], "alive")
    assert len(fold([paper.tick()], scene).cards) == CARDS


def test_a_second_line_of_tokens_comes_when_it_is_needed_and_stays(paper):
    scene = fold([paper.tick()])
    assert scene.lines == 1
    paper.fetch("ben", 12)
    scene = fold([paper.tick()], scene)
    assert scene.lines == 2
    found = values(scene)
    assert found["card1.more"] == "+4"
    paper.done(*[f"n{i}" for i in range(8, 28)])
    assert fold([paper.tick()], scene).lines == 2


# ── how they move


def routes(scene):
    """How many hops went which way: kind, from row, to row of each step."""
    return Counter(route for hop in scene.hops for route in hop.routes)


def name(row):
    return held_by(row)


#: The first frame of each chapter, as the ways that jobs took in it.
WAYS = {
    "fetched": {("fetched", "normal", name("ada")): 8, ("fetched", "normal", name("ben")): 6},
    "done": {("done", name("cleo"), "done"): 1, ("done", name("ben"), "done"): 1},
    "retried": {("retried", name("ben"), "delayed"): 2},
    "orphaned": {},
    "lease over": {},
    "reaped": {("reaped", name("ada"), "normal"): 6, ("reaped", name("ada"), "more:normal"): 2},
    "promoted": {("promoted", "delayed", "more:normal"): 2},
    "buried": {("dead", name("ben"), "dead"): 1},
    "released": {("released", name("cleo"), "normal"): 1},
    "replayed": {("replayed", "dead", "normal"): 1},
}


@pytest.mark.parametrize("chapter", WAYS)
def test_each_chapter_of_the_story_is_seen_to_move(chapter):
    chapters = story()
    before = fold(
        itertools.chain.from_iterable(itertools.takewhile(lambda c: c is not chapters[chapter], chapters.values()))
    )
    scene = fold(chapters[chapter][:1], before)
    found = routes(scene)
    assert {way: found[way] for way in WAYS[chapter]} == WAYS[chapter]
    if chapter not in ("fetched", "enqueued"):
        assert sum(found.values()) == sum(WAYS[chapter].values())
    assert not fold(chapters[chapter][1:2], scene).hops, "and then it stands still"


def hop_of(scene, job):
    [hop] = [hop for hop in scene.hops if hop.job == job]
    return hop


def test_a_fetch_that_a_log_tells_late_is_seen_once(paper):
    frame = paper.tick()
    late = [event for event in frame["events"] if event["event"] == "fetched"]
    frame["events"] = [event for event in frame["events"] if event["event"] != "fetched"]
    scene = fold([frame], fold([NOTHING]))
    assert [step.kind for step in hop_of(scene, "n0").steps] == ["accepted", "fetched"]
    assert not fold([paper.tick() | {"events": late}], scene).hops
    paper.done("n0")
    frame = paper.tick()
    frame["events"] = late[:1] + frame["events"]
    assert [step.kind for step in hop_of(fold([frame], scene), "n0").steps] == ["done"]


def test_a_job_that_is_reaped_and_fetched_at_once_is_seen_on_the_tape_between(paper):
    scene = fold([paper.tick()])
    paper.waiting["normal"].clear()
    paper.reap("n0", "n8")
    paper.fetch("ben", 2)
    scene = fold([paper.tick()], scene)
    for job, start in (("n0", "ada"), ("n8", "ben")):
        hop = hop_of(scene, job)
        assert hop.start.row == held_by(start)
        assert [(kind, place.row) for kind, place in hop.steps] == [("reaped", "normal"), ("fetched", held_by("ben"))]
        assert hop.steps[-1].to == scene.tokens[job].place


def test_a_life_shorter_than_a_frame_is_seen_whole(paper):
    scene = fold([paper.tick()])
    paper.waiting["normal"].clear()
    paper.enqueue("quick", tier="high")
    paper.fetch("cleo", 1, "high")
    paper.done("quick")
    hop = hop_of(fold([paper.tick()], scene), "quick")
    assert hop.start == Place("in:high")
    assert [(kind, place.row) for kind, place in hop.steps] == [
        ("accepted", "high"), ("fetched", held_by("cleo")), ("done", "done")
    ]  # fmt: skip


def test_what_a_hoarder_fetched_and_handed_back_was_in_its_hands(paper):
    scene = fold([paper.tick()])
    paper.fetch("cleo", 2)
    paper.release("n16", "n17")
    frame = paper.tick()
    frame["events"] = [event for event in frame["events"] if event["event"] == "released"]
    hop = hop_of(fold([frame], scene), "n16")
    assert [(kind, place.row) for kind, place in hop.steps] == [("fetched", held_by("cleo")), ("released", "normal")]


def test_routine_does_not_drive_out_what_matters():
    paper = Paper("ada", "ben")
    paper.kill("ada")
    scene = fold([paper.tick()])
    for k in range(60):
        paper.enqueue(f"j{k}")
        paper.fetch("ben")
        paper.retry(f"j{k}", 9)
        scene = fold([paper.tick(0.1)], scene)
    told = lately(scene, 2)
    assert told[0].startswith("5.")
    assert told[1] == "0.0 s   kill -9 ada"
    assert len(scene.news) <= 8


def test_without_events_a_move_is_guessed_from_its_ends(paper):
    scene = fold([paper.tick()])
    paper.done("n0")
    paper.retry("n1", 1)
    frame = paper.tick() | {"events": []}
    assert routes(fold([frame], scene)) == {("retried", held_by("ada"), "delayed"): 1}


def test_under_a_flood_few_glide_alone_and_nobody_is_left_out():
    paper, scene = Paper("ada"), Scene()
    alone = bundled = 0
    for k in range(50):
        paper.enqueue(*(f"j{k}-{i}" for i in range(200)), tier="low")
        scene = fold([paper.tick()], scene)
        alone += len(scene.hops)
        bundled += sum(n for *_, n in scene.bundles)
        assert len(scene.hops) <= AT_ONCE["accepted"]
        assert len(scene.tokens) <= 16
    for _ in range(12):
        scene = fold([paper.tick()], scene)
        bundled += sum(n for *_, n in scene.bundles)
    assert alone + bundled == 50 * 200
    assert alone <= AT_ONCE["accepted"] + 10 * 5 + 1


def test_whatever_happens_each_token_has_a_slot_of_its_own_where_the_frame_has_its_job():
    rng, paper, scene = random.Random(7), Paper("ada", "ben", "cleo"), Scene()
    serial = itertools.count()
    for _ in range(400):
        for _ in range(rng.randrange(6)):
            act(paper, rng, serial)
        paper.promote()
        frame = paper.tick()
        scene = fold([frame], scene)
        places = [token.place for token in scene.tokens.values()]
        assert len(set(places)) == len(places)
        held = {row["job"]: held_by(row["worker"]) for row in frame["ledger"]}
        assert all(held.get(job, token.place.row) == token.place.row for job, token in scene.tokens.items())
        for tier in TIERS:
            heads = [job for _, job, _ in frame["heads"].get(tier, ())]
            assert [job for job in heads if scene.tokens[job].place != Place(tier, heads.index(job))] == []
        for hop in scene.hops:
            assert not hop.stays or hop.steps[-1].to == scene.tokens[hop.job].place
        slots = rows("narrow", scene.cards, scene.lines)
        assert all(place.row in slots for hop in scene.hops for place in (hop.start, *(step.to for step in hop.steps)))
        assert all(row in slots for _, *ends, _ in scene.bundles for row in ends)


def act(paper, rng, serial):
    held, verb = list(paper.held), rng.choice(["enqueue", "fetch", "fetch", "done", "reap", "retry", "bury", "release"])
    tier, alive = rng.choice(TIERS), [name for name, state in paper.team.items() if state == "alive"]
    if verb == "enqueue":
        paper.enqueue(*(f"j{next(serial)}" for _ in range(rng.randrange(8))), tier=tier)
    elif verb == "fetch":
        paper.fetch(rng.choice(alive), rng.randint(0, len(paper.waiting[tier])), tier)
    elif held and verb == "retry":
        paper.retry(rng.choice(held), rng.random())
    elif held:
        getattr(paper, verb)(rng.choice(held))


# ── what it says


def test_what_just_happened_is_said_once_for_all():
    scenes = itertools.accumulate(itertools.chain.from_iterable(story().values()), step, initial=Scene())
    told = {line for scene in scenes for line in map(news, scene.news)}
    assert "6.5 s   reaped: 8 jobs taken from ada, the lease ran out; to the tail of normal as a new attempt" in told
    assert "1.8 s   retried: 2 jobs from ben failed, and will be tried again after a delay" in told
    assert "2.2 s   kill -9 ada" in told


def test_the_title_says_what_is_wrong(paper):
    assert title(fold([paper.tick()])) == "3 workers at work, 16 jobs waiting"
    assert title(fold([paper.tick() | {"redis": "down"}])).startswith("Redis is down")
    paper.team["ada"] = "frozen"
    assert title(fold([paper.tick()])) == "ada frozen: nobody renews 8 leases"
    paper.kill("ada")
    assert title(fold([paper.tick()])) == "8 orphans of ada, the first lease ends in 4 s"


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
    found = values(fold([paper.tick() | {"redis": "paused"}]))
    assert (found["away"], found["jobs@class"], found["redis@class"]) == ("Redis is paused", "jobs away", "redis away")
    assert values(fold([paper.tick()]))["away"] == ""


def test_a_token_is_told_in_words(paper):
    paper.kill("ada")
    scene = fold([paper.tick()])
    told = about("n0", scene.tokens["n0"])
    assert told.startswith("job n0 · normal · attempt 1 · entry ")
    assert told.endswith("pending under ada, who is dead")


def test_the_text_alternative_tells_it_all(paper):
    paper.kill("ada")
    told = spoken(fold([paper.tick()]))
    for words in ("8 orphans of ada", "normal: 16 waiting, 16 pending", "ada dead, leaves 8 orphans", "kill -9 ada"):
        assert words in told


@pytest.mark.parametrize(
    ("due", "words"), [(0.0, "due"), (2.26, "2.3 s"), (15.2, "15 s"), (3000, "50 min"), (1e5, "28 h")]
)
def test_a_countdown_fits_its_slot(due, words):
    frame = NOTHING | {"delayed": {"low": 1}, "delayed_jobs": {"low": [["j", 2, due]]}}
    assert values(fold([frame]))["due0"] == words


# ── the still picture


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("chapter", story())
def test_a_still_has_each_token_at_its_slot(chapter, wide):
    scene = fold(story()[chapter])
    slots = rows("wide" if wide else "narrow", scene.cards, scene.lines)
    drawn = ElementTree.fromstring(draw(scene, wide=wide)).iter(f"{SVG}g")
    found = [node.get("transform") for node in drawn if (node.get("class") or "").startswith("token ")]
    wanted = [slots[token.place.row].at(token.place.index) for token in scene.tokens.values()]
    assert found == [f"translate({x:g} {y:g})" for x, y in wanted]


def test_a_still_needs_nothing_but_itself(paper):
    svg = draw(fold([paper.tick()]))
    assert set(re.findall(r"(?:https?:)?//[^\s\"']+", svg)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in svg
    assert "<button" not in svg
    assert ElementTree.fromstring(draw(Scene(), wide=False)) is not None


def test_names_are_only_ever_text():
    nasty = '<b a="1">&'
    paper = Paper(nasty)
    paper.enqueue(nasty)
    paper.fetch(nasty)
    paper.mark(nasty)
    texts = [node.text for node in ElementTree.fromstring(draw(fold([paper.tick()]))).iter(f"{SVG}text")]
    assert nasty in texts


def test_every_value_has_its_node_and_every_text_its_own(paper):
    found = shaped(values(fold([paper.tick()])), wide=True)
    drawn = re.findall(r"<(\w+)[^>]*?data-k=\"([^\"]+)\"", body(found))
    assert {key.split("@")[0] for key in found} - {"svg", "rows"} == {key for _, key in drawn}
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
    return Feed(Machine(), clock)


def test_changes_add_up_to_the_whole(feed, clock):
    page = dict(feed.hear({"hello": True})["values"])
    for frame in itertools.chain.from_iterable(story().values()):
        clock.now += 0.1
        feed.hear({"seen": True})
        if message := feed.push(frame):
            for key, value in json.loads(json.dumps(message["values"])).items():
                page.pop(key, None) if value is None and key.startswith(("job:", "idle:")) else page.update(
                    {key: value}
                )
    clock.now += 3
    feed.hear({"hello": True})
    whole = json.loads(json.dumps(feed.hear({"hello": True})["values"]))
    assert page == whole | {"picture@aria-label": page["picture@aria-label"]}


def test_a_page_that_missed_something_sees_no_job_glide_from_where_it_never_was(feed, clock):
    message = {}
    for frame in itertools.chain.from_iterable(story().values()):
        message = feed.hear({"hello": True})
        clock.now += 5
        feed.push(frame)
    assert not {"hops", "bundles", "trails"} & set(message)


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


def test_the_text_alternative_changes_at_a_calm_pace(feed, clock):
    feed.hear({"hello": True})
    told = 0
    for frame in itertools.chain.from_iterable(story().values()):
        clock.now += 0.1
        feed.hear({"seen": True})
        told += "picture@aria-label" in ((feed.push(frame) or {}).get("values") or {})
    assert 3 <= told <= 1 + clock.now / 2 - 50


# ── the widget


def test_a_button_kills_a_living_worker_and_a_closed_world_stays_as_it_was(paper):
    kills = []
    picture = MachinePicture(on_kill=kills.append)
    picture.push(paper.tick())
    picture._handle_custom_msg({"kill": "ben"}, [])
    paper.kill("ada")
    picture.push(paper.tick())
    picture._handle_custom_msg({"kill": "ada"}, [])
    assert kills == ["ben"]
    picture.freeze()
    assert "stopped at 0 s" in picture.still()
    assert picture.image().startswith('<img alt="8 orphans of ada')
    picture.close()
