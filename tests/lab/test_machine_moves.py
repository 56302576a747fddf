"""The machine's moves from frame to frame, tested as data."""

import itertools
import random
from collections import Counter

import pytest

from frames import but
from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.machine.flow import AT_ONCE
from jobqueue.lab.pictures.machine.places import Place, held_by, rows
from jobqueue.lab.pictures.machine.scene import Scene
from jobqueue.lab.pictures.machine.words import lately
from jobqueue.lab.recording.frame import NOTHING
from machine_story import Paper, at_work, fold, story


@pytest.fixture
def paper():
    return at_work()


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
    late = [event for event in frame.events if event.event == "fetched"]
    frame = but(frame, events=[event for event in frame.events if event.event != "fetched"])
    scene = fold([frame], fold([NOTHING]))
    assert [step.kind for step in hop_of(scene, "n0").steps] == ["accepted", "fetched"]
    assert not fold([but(paper.tick(), events=late)], scene).hops
    paper.done("n0")
    frame = paper.tick()
    frame = but(frame, events=late[:1] + frame.events)
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
    frame = but(frame, events=[event for event in frame.events if event.event == "released"])
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
    frame = but(paper.tick(), events=[])
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
        held = {row.job: held_by(row.worker) for row in frame.ledger}
        assert all(held.get(job, token.place.row) == token.place.row for job, token in scene.tokens.items())
        for tier in TIERS:
            heads = [head.job for head in frame.heads.get(tier, ())]
            assert [job for job in heads if scene.tokens[job].place != Place(tier, heads.index(job))] == []
        for hop in scene.hops:
            assert not hop.stays or hop.steps[-1].to == scene.tokens[hop.job].place
        slots = rows("narrow", scene.plan)
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
