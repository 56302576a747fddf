"""The overview, tested as data: its words, its pending list, and the still picture."""

from xml.etree import ElementTree

import pytest

from jobqueue.lab.pictures.base.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.overview.ledger import ROWS, in_order
from jobqueue.lab.pictures.overview.picture import recorded
from jobqueue.lab.pictures.overview.strip import point
from jobqueue.lab.pictures.overview.values import values
from jobqueue.lab.pictures.overview.words import finding
from jobqueue.lab.recording.frame import NOTHING
from overview_story import entry, frame, killed, story, worker

SVG = "{http://www.w3.org/2000/svg}"


ONE_OF_TWO = [entry(1, idle=4.1, orphan=True), entry(2, idle=2, orphan=True)]


def look(found, points=()):
    names = EntryNames()
    names.learn(found)
    return values(found, list(points) or [point(found)], "", names)


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
        (frame(ledger=[entry(1, "eve", idle=5)]), (), "1 lease ran out: no process is behind eve"),
        (
            frame(ledger=[entry(1, "bob", idle=5), entry(2, "eve", idle=5)]),
            (),
            "1 lease ran out, though the worker is alive",
        ),
        (
            frame(ledger=[entry(i, name, idle=5) for i, name in enumerate(["eve", "dan", "eve", "fay"])]),
            (),
            "4 leases ran out: no process is behind 3 names",
        ),
        (
            frame(waiting=2, workers=[], ledger=[entry(1, "eve"), entry(2, "dan")], pel={"eve": 4, "dan": 2, "fay": 0}),
            (),
            "6 jobs pending under dan and eve, 2 waiting",
        ),
        (
            frame(workers=[worker("ada", faults=["slow ×4", "cut off"]), worker("bob")]),
            (),
            "ada: cut off; 800 jobs waiting",
        ),
        (frame(workers=[worker("ada", faults=["slow ×4"])]), (), "1 worker at work, 800 jobs waiting"),
        (frame(workers=[worker("ada"), worker("bob", "idle")]), (), "1 worker at work, 1 idle, 800 jobs waiting"),
        (frame(workers=[worker("ada", "idle")], waiting=0), (), "All 400 accepted jobs are done"),
        (frame(workers=[worker("ada", "idle")]), (), "1 worker idle, 800 jobs waiting"),
        (frame(reaped=8), [killed()], "No orphan is left: the reaper took them back"),
        (frame(), [killed()], "No orphan is left"),
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
        "starting", "idle", "running 8 jobs", "frozen", "dead", "left in order"
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
        order = [int(row.entry.split("-")[0]) - 1_732_438_523_000 for row in in_order(frame(ledger=seen))]
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


# ── the still picture


def parsed(svg):
    return ElementTree.fromstring(svg)


def words(svg):
    return [node.text for node in parsed(svg).iter(f"{SVG}text") if node.text and node.text.strip()]


@pytest.mark.parametrize("wide", [True, False])
def test_a_still_holds_the_facts_of_its_frames(wide):
    svg = recorded(story()[:80]).draw(wide=wide)
    root = parsed(svg)
    assert root.attrib["data-orphans"] == "8"
    assert root.attrib["data-done"] == "400"
    assert {"8 orphans of ada, the first lease ends in 2 s", "kill -9 ada", "8 orphans", "orphan"} <= set(words(svg))
    assert words(svg).count("dead, leaves 8 orphans") == 1
    [orphans] = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("data-s") == "5"]
    assert [orphans.count(f"L{t} 8") for t in ("4.9", "5", "7.9", "8")] == [0, 1, 1, 0]


def test_an_image_says_in_words_what_it_shows():
    assert 'alt="8 orphans of ada, ' in recorded([killed()]).still().data


def test_no_two_of_a_dozen_workers_look_the_same():
    assert len({(i % len(WORKER_COLOURS), i % len(WORKER_SHAPES)) for i in range(40)}) == 40
