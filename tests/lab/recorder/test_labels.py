"""Labels of tickets, names of entries, and keys of a learner's own: what a picture calls things."""

import json
import re

import pytest

from frames import frame
from jobqueue.explorer.report.names import Names
from jobqueue.keys import GROUP
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.overview.picture import Overview, recorded
from jobqueue.lab.recording.frame import DelayedJob, OwnKey
from jobqueue.lab.recording.label import label_fields, label_ticket
from pages import texts, view_of

REAL_ID = re.compile(r"1[0-9]{12}-[0-9]+")


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        (["letter", "3"], "3"),
        (["task", "photo 5", "attempt", "2"], "5"),
        (["parcel", "12"], "12"),
        (["job", "L1", "to", "Kim", "pages", "1", "attempt", "1"], "Kim"),
        (["task", "letter", "payload", '{"to": "reader 3"}', "attempt", "1"], "3"),
        (["task", "letter", "payload", '{"to": "Zoe', "attempt", "1"], "Zoe"),
        (["to", "Bartholomew"], ""),
        (["to", "Bartholomew", "n", "7"], "7"),
        (["n", "<b>"], "b"),
        (["n"], ""),
        ([], ""),
        (["payload", "[[[["], ""),
        (["attempt", "1", "seconds", "0.1"], ""),
    ],
)
def test_an_entry_s_label_is_a_few_letters_that_tell_it_from_others(fields, label):
    assert label_fields(tuple(fields)) == label


@pytest.mark.parametrize(
    ("task", "payload", "label"),
    [
        ("photo", {"n": 5}, "5"),
        ("sleep", {"seconds": 1}, ""),
        ("measure", {"source": "abc.py", "pace": 1}, ""),
        ("kill", None, "kill"),
        ("average", [], ""),
        ("letter", {"to": "Kim", "paid": True}, "Kim"),
    ],
)
async def test_a_ticket_s_label_comes_from_its_payload_or_its_task(queue, recorder, task, payload, label):
    await queue.enqueue(task, payload)
    await queue.enqueue(task, payload, delay=60)
    shown = await recorder.refresh()
    assert [head.label for head in shown.heads["normal"]] == [label]
    assert [job.label for job in shown.delayed_jobs["normal"]] == [label]
    await queue.redis.xreadgroup(GROUP, "ada", {queue.keys.stream("normal"): ">"})
    assert [row.label for row in (await recorder.refresh()).ledger] == [label]


@pytest.mark.parametrize("body", ["", "null", "{}", "[1]", "\ud800", "x" * 99])
def test_what_is_no_body_has_no_label(body):
    assert label_ticket(body) == ""


def labelled(job: str, label: str, entry: int, **more) -> dict:
    return {"job": job, "entry": f"{1_795_510_800_000 + entry}-0", "worker": "ada", "label": label} | more


def story() -> list:
    """Kim's and Lea's letters wait; then Ada has them; then Lea's goes to the delayed set."""
    ada = {"name": "ada", "state": "running", "running": 2, "jobs": ["a", "b"]}
    rows = [labelled("a", "Kim", 1), labelled("b", "Lea", 2, attempt=2)]
    heads = {"normal": [[row["entry"], row["job"], 1, row["label"]] for row in rows]}
    cursor = {"cursor": {"normal": rows[1]["entry"]}}
    later = [["b", 3, 1.5, "Lea"]]
    return [
        frame(1.0, accepted=2, waiting={"normal": 2}, heads=heads, workers=[ada | {"state": "idle", "running": 0}]),
        frame(2.0, accepted=2, pending={"normal": 2}, ledger=rows, workers=[ada], lease=4.0, **cursor),
        frame(3.0, accepted=2, pending={"normal": 1}, delayed={"normal": 1}, delayed_jobs={"normal": later}, **cursor),
    ]


@pytest.mark.parametrize("wide", [True, False])
def test_you_see_which_job_is_where(wide):
    for frames in range(1, 4):
        words = texts(view_of(Machine, story()[:frames]).draw(wide=wide))
        assert [words.count(name) for name in ("Kim", "Lea")] == [int(frames < 3), 1]
    assert "Kim, Lea" in texts(view_of(Lanes, story()[:2]).draw(wide=wide))


def test_the_page_gets_the_label_and_the_real_id_for_its_tooltip():
    pieces = json.loads(json.dumps(view_of(Machine, story()[:2]).pieces()))
    *_, look, attempt, about, label = pieces["job:b"]
    assert (attempt, label) == (2, "Lea")
    assert {"labelled", "long", "again"} <= set(look.split())
    assert about == "Lea · job b · normal · attempt 2 · entry e2 (1795510800002-0) · pending under ada"


@pytest.mark.parametrize("kind", [Machine, Overview, Lanes])
def test_no_picture_writes_a_real_id(kind):
    view = view_of(kind, story()[:2])
    for wide in (True, False):
        assert not [text for text in texts(view.draw(wide=wide)) if REAL_ID.search(text)]


def test_pictures_of_one_world_call_an_entry_by_one_name():
    names = EntryNames()
    late = recorded(story()[1:2], names)
    assert {"e1", "e2"} <= set(texts(late.draw()))
    names.learn(frame(ledger=[labelled("c", "", 0)]))
    assert names.name("normal", "1795510800000-0") == "e3", "a name never changes, though an older entry comes to light"
    assert names.name("low", "1795510800000-0") == ""


def test_a_story_tells_even_an_answer_in_short_names():
    """A checker's story showed answered('1700000000000-0', …) next to e1."""
    names = Names()
    assert names.shorten("XADD 1700000000005-0, then 1800000000000-1") == "XADD e1, then e2"
    assert names.shorten("answered ('1800000000000-1',)") == "answered ('e2',)"
    assert Names().shorten_by_age("1700000000005-0 1700000000000-7") == "e2 e1"


async def test_keys_of_your_own_are_in_the_frame_as_they_are_in_redis(queue, recorder):
    recorder.show(("outbox", "log", "offers", "price", "none", "odd"))
    await queue.redis.rpush("outbox", *(f"letter {n}" for n in range(20)))
    for n in range(20):
        await queue.redis.xadd("log", {"letter": n, "by": "ada"})
    await queue.redis.hset("offers", mapping={"Jo": 12})
    await queue.redis.set("price", "12")
    await queue.redis.zadd("odd", {"x": 1})
    own = (await recorder.refresh()).own
    assert own["outbox"] == OwnKey("list", 20, [f"letter {n}" for n in range(8, 20)])
    assert own["log"] == OwnKey("stream", 20, [f"{n} ada" for n in range(8, 20)])
    assert own["offers"] == OwnKey("hash", 1, ["Jo: 12"])
    assert own["price"] == OwnKey("string", 1, ["12"])
    assert (own["none"].kind, own["odd"].count) == ("none", 0)
    recorder.show(())
    assert (await recorder.refresh()).own == {}


@pytest.mark.parametrize("wide", [True, False])
def test_your_keys_stand_below_the_machine(wide):
    own = {"outbox": OwnKey("list", 9, [f"Hugo {n}" for n in range(9)]), "offers": OwnKey("none", 0, [])}
    view = view_of(Machine, [frame(1.0, own=own)])
    words = texts(view.draw(wide=wide))
    shown = words[words.index("outbox") :]
    assert shown == ["outbox", "list, 3 more before", *(f"Hugo {n}" for n in range(3, 9)), "offers", "empty"]
    assert "In outbox: Hugo 0, Hugo 1" in view.spoken()
    assert "outbox" not in texts(view_of(Machine, [frame(1.0)]).draw(wide=wide))


def test_delayed_jobs_stand_in_the_order_in_which_they_are_due():
    jobs = {"low": [DelayedJob("late", 1, 9.0)], "high": [DelayedJob("soon", 1, 1.0)]}
    tokens = view_of(Machine, [frame(1.0, delayed={"low": 1, "high": 1}, delayed_jobs=jobs)]).scene.tokens
    assert [tokens[job].place.slot for job in ("soon", "late")] == [0, 1]
