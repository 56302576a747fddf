"""The machine's places and the tokens in them, tested as data."""

import itertools
from xml.etree import ElementTree

import pytest

from frames import but
from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import in_layout
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.machine.places import CARDS, WIDTHS, FloorPlan, height, held_by, rows
from jobqueue.lab.pictures.machine.still import still
from jobqueue.lab.pictures.machine.values import values
from machine_story import Paper, at_work, fold, story


@pytest.fixture
def paper():
    return at_work()


@pytest.mark.parametrize("form", WIDTHS)
@pytest.mark.parametrize("cards", range(CARDS + 1))
@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize("long", [False, True])
def test_no_two_slots_overlap_and_none_is_out_of_the_picture(form, cards, lines, long):
    names = tuple(f"w{i}" for i in range(cards))
    plan = FloorPlan(names, lines, long)
    room = dict.fromkeys(TIERS, plan.room.tape) | {"delayed": plan.room.delayed, "done": 6, "dead": 4}
    room |= {held_by(name): plan.room.line * lines for name in names}
    found, wide = rows(form, plan), 46 if long else 22
    slots = [found[row].at(i) for row, n in room.items() for i in range(n)]
    for (x, y), (u, v) in itertools.combinations(slots, 2):
        assert abs(x - u) >= wide + 3 or abs(y - v) >= 25  # a token is 22 high
    assert all(wide / 2 <= x <= WIDTHS[form] - wide / 2 for x, _ in slots)
    assert all(11 <= y <= height(form, plan) - 11 for _, y in slots)
    ledger = [found[held_by(name)].at(i) for name in names for i in range(plan.room.line * lines)]
    rings = itertools.combinations(ledger, 2)
    assert all(abs(x - u) >= wide + 8 or abs(y - v) >= 35 for (x, y), (u, v) in rings)


def rows_of(scene):
    return {job: (token.place.row, token.place.slot) for job, token in scene.tokens.items()}


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
    frame = but(frame, workers=frame.workers[:3])
    scene = fold([frame])
    assert scene.cards == ("ada", "ben", "cleo", "me")
    assert values(scene)["card3.state"] == "no process, holds 1"
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
    assert scene.plan.lines == 1
    paper.fetch("ben", 12)
    scene = fold([paper.tick()], scene)
    assert scene.plan.lines == 2
    found = values(scene)
    assert found["card1.more"] == "+4"
    paper.done(*[f"n{i}" for i in range(8, 28)])
    assert fold([paper.tick()], scene).plan.lines == 2


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("chapter", story())
def test_a_still_has_each_token_at_its_slot(chapter, wide):
    scene = fold(story()[chapter])
    slots = rows("wide" if wide else "narrow", scene.plan)
    svg = still(scene, in_layout(values(scene), wide=wide), EntryNames(), wide=wide)
    nodes = ElementTree.fromstring(svg).iter("g")
    found = [node.get("transform") for node in nodes if (node.get("class") or "").startswith("token ")]
    wanted = [slots[token.place.row].at(token.place.slot) for token in scene.tokens.values()]
    assert found == [f"translate({x:g} {y:g})" for x, y in wanted]
