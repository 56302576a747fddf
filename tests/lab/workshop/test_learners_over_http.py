"""What a workshop takes over HTTP and tells about it, and all that it refuses: hostile bodies, tokens and names."""

import csv
import io
from collections import Counter

import pytest

from jobqueue.lab.workshop.live import MOST_PAGES, MOST_TABS
from jobqueue.lab.workshop.messages import VoteCast
from jobqueue.lab.workshop.workshop import Workshop
from workshop_steps import EXERCISE, OTHER, PLAN, VOTE, answer, client_of, held, new_learner, verdict

ADA = new_learner()


@pytest.fixture
def workshop(tmp_path):
    with held(tmp_path) as workshop:
        yield workshop


async def test_an_answer_with_the_code_counts(workshop):
    async with client_of(workshop) as client:
        reply = await client.post("/api/answer", json=answer(ADA))
    assert (reply.status_code, reply.json()) == (200, {"detail": "it counts"})
    assert workshop.state.standing[VOTE].answers[1] == {ADA: 2}


@pytest.mark.parametrize("token", ["", "AAAAAAAA", "é", "x" * 5000])
@pytest.mark.parametrize("path", ["/api/hello", "/api/answer", "/api/verdict", "/api/desk/turn", "/api/desk/beat"])
async def test_without_the_right_token_nothing_is_taken(workshop, path, token):
    async with client_of(workshop, token=token.encode()) as client:
        reply = await client.post(path, json=answer(ADA))
    assert reply.status_code == 401 and "wrong" in reply.json()["detail"]
    assert not workshop.state.learners


async def test_the_learners_code_does_not_open_the_desk(workshop):
    async with client_of(workshop) as client:
        for path in ("/api/desk/live", "/api/desk/results.json", "/api/desk/results.csv"):
            assert (await client.get(path)).status_code == 401
        assert (await client.post("/api/desk/turn", json={"vote": VOTE, "action": "open"})).status_code == 401


async def test_the_desk_is_closed_to_other_machines_even_with_the_key(workshop):
    async with client_of(workshop, workshop.state.key, address="10.0.0.7") as client:
        reply = await client.post("/api/desk/turn", json={"vote": VOTE, "action": "open"})
    assert reply.status_code == 403 and "machine" in reply.json()["detail"]


BODIES = {
    "a large one": (413, b'{"learner": "' + b"a" * 5000),
    "code": (422, verdict(ADA) | {"code": "import os"}),
    "words for a failure": (422, verdict(ADA, failure="F20: acknowledged")),
    "another shape": (422, ["A"]),
    "no JSON": (422, b"A"),
    "nested a thousand times": (422, b"[" * 1000),
    "bytes that are no text": (422, b'{"learner": "\xff"}'),
    "an unknown vote": (404, answer(ADA, vote="03-none")),
    "an option that isn't there": (404, answer(ADA, choice=9)),
    "an unknown exercise": (404, verdict(ADA, exercise="__import__")),
    "a learner of another shape": (422, answer("../../etc/passwd")),
}


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_that_is_not_a_message_is_refused_with_a_reason(workshop, body):
    status, content = BODIES[body]
    path = "/api/verdict" if isinstance(content, dict) and "exercise" in content else "/api/answer"
    sent = {"content": content} if isinstance(content, bytes) else {"json": content}
    async with client_of(workshop) as client:
        reply = await client.post(path, headers={"Content-Type": "application/json"}, **sent)
    assert reply.status_code == status and reply.json()["detail"]
    assert not any(standing.answers[1] for standing in workshop.state.standing.values())
    assert not workshop.state.runs[EXERCISE]


async def test_pages_of_other_sites_and_other_hosts_are_refused(workshop):
    async with client_of(workshop) as client:
        foreign = await client.post("/api/answer", json=answer(ADA), headers={"Origin": "http://evil.example"})
        form = await client.post("/api/answer", content=b"{}", headers={"Content-Type": "text/plain"})
        rebound = await client.get("/", headers={"Host": "evil.example"})
    assert (foreign.status_code, form.status_code, rebound.status_code) == (403, 415, 421)
    assert "numeric address" in rebound.json()["detail"]


@pytest.mark.parametrize("path", ["/", "/join/K7QM2XPD", "/projector", "/how-it-went", "/static/live.js", "/none"])
async def test_each_answer_forbids_foreign_scripts(workshop, path):
    async with client_of(workshop) as client:
        reply = await client.get(path)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert "<script>" not in reply.text and "onclick" not in reply.text and "style=" not in reply.text
    assert workshop.state.code not in reply.text and workshop.state.key not in reply.text


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"])
async def test_nothing_but_the_pages_is_served(workshop, path):
    async with client_of(workshop) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_name_is_data_wherever_it_goes(workshop):
    name = '<img src=x onerror="alert(1)">'
    async with client_of(workshop) as client:
        assert (await client.post("/api/answer", json=answer(ADA, name=name))).status_code == 200
        assert (await client.post("/api/answer", json=answer(new_learner(), name="=1+1"))).status_code == 200
        assert (await client.post("/api/answer", json=answer(new_learner(), name="x" * 41))).status_code == 422
        assert (await client.post("/api/answer", json=answer(new_learner(), name="a\x1b[2J\nb"))).status_code == 200
    async with client_of(workshop, workshop.state.key) as client:
        figures = (await client.get("/api/desk/results.json")).json()
        table = (await client.get("/api/desk/results.csv")).text
    assert [learner["name"] for learner in figures["learners"]] == [name, "=1+1", r"a\x1b[2J\nb"]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["name"] for row in rows] == [name, "'=1+1", r"a\x1b[2J\nb"]
    assert {(row["item"], row["answer"], row["right"]) for row in rows} == {(VOTE, "C", "True")}


async def test_a_learner_who_sends_too_fast_waits_and_the_others_do_not(workshop):
    async with client_of(workshop) as client:
        replies = [await client.post("/api/answer", json=answer(ADA, number % 4)) for number in range(30)]
        slow = [reply for reply in replies if reply.status_code == 429]
        assert slow and all(int(reply.headers["retry-after"]) >= 1 for reply in slow)
        assert (await client.post("/api/answer", json=answer(new_learner(), vote=OTHER))).status_code == 200


async def test_the_pages_of_a_learner_and_of_all_together_are_bounded(workshop):
    async with client_of(workshop) as client:
        for here in ({ADA: MOST_TABS}, {new_learner(): 1 for _ in range(MOST_PAGES)}):
            workshop.phones.here = Counter(here)
            reply = await client.get("/api/live", params={"learner": ADA})
            assert (reply.status_code, "close one" in reply.json()["detail"]) == (503, True)
        assert (await client.get("/api/live", params={"learner": "ada"})).status_code == 422


async def test_results_are_compared_with_those_of_earlier_classes(tmp_path):
    for name, choices in (("one", [0, 2]), ("two", [2, 2, 1])):
        (tmp_path / name).mkdir()
        with held(tmp_path / name) as workshop:
            for choice in choices:
                await workshop.take_answer(VoteCast(**answer(new_learner(), choice)), "10.0.0.1")
    files = [tmp_path / name / "workshop.jsonl" for name in ("one", "two")]
    workshop = Workshop(tmp_path / "three.jsonl", PLAN, files)
    await workshop.take_answer(VoteCast(**answer(ADA, 0)), "10.0.0.1")
    async with client_of(workshop, workshop.state.key) as desk:
        [vote] = (await desk.get("/api/desk/results.json")).json()["votes"]
    workshop.close()
    none = {"voted": 0, "right": 0}
    assert vote["earlier"] == {"classes": 2, "before": {"voted": 5, "right": 3}, "after": none}
    assert (vote["before"]["voted"], vote["before"]["right"]) == (1, 0)


async def test_results_tell_what_stayed(workshop):
    ben = new_learner()
    async with client_of(workshop) as client, client_of(workshop, workshop.state.key) as desk:

        async def turn(action):
            assert (await desk.post("/api/desk/turn", json={"vote": VOTE, "action": action})).status_code == 200

        await turn("open")
        for learner, choice in ((ADA, 0), (ben, 0)):
            await client.post("/api/answer", json=answer(learner, choice))
        await turn("close")
        await turn("again")
        for learner, choice in ((ADA, 2), (ben, 0)):
            await client.post("/api/answer", json=answer(learner, choice, round=2))
        for learner, passed in ((ADA, False), (ADA, True), (ben, False)):
            await client.post("/api/verdict", json=verdict(learner, passed=passed))
        figures = (await desk.get("/api/desk/results.json")).json()
    [vote], [exercise] = figures["votes"], figures["exercises"]
    assert (vote["before"]["right"], vote["after"]["right"], vote["change"]["gained"]) == (0, 1, 1)
    assert vote["stayed"] == {"option": 0, "learners": 1}
    assert (exercise["passed_first"], exercise["passed"], exercise["runs"]) == (0, 1, 3)
    assert [failure["learners"] for failure in exercise["first"]] == [2]
    assert [failure["learners"] for failure in exercise["stayed"]] == [1]
    assert ADA not in str(figures), "a learner's id would let others vote for them"
