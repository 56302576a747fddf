"""Dead letters over HTTP: listed in pages, shown, replayed and discarded."""

import base64

import pytest
from fronts import JSON

from jobqueue import Worker


async def test_dead_letters_are_paged_and_shown(client, letters):
    seen, after = [], None
    while True:
        page = (await client.get("/dead", params={"limit": 2} | ({"after": after} if after else {}))).json()
        seen += page["letters"]
        if (after := page["after"]) is None:
            break
    assert [letter["letter"] for letter in seen] == letters
    shown = (await client.get(f"/dead/{letters[3]}")).json()
    assert shown == seen[3]
    assert (shown["job_id"], shown["payload"], shown["error"]) == ("job-3", 3, "ValueError: no 3")
    assert "Traceback" in shown["traceback"] and len(shown["history"]) == 1


async def test_one_letter_some_or_all_are_replayed(queue, client, letters):
    assert (await client.post(f"/dead/{letters[0]}/replay", headers=JSON)).json() == {"replayed": 1}
    assert (await client.post(f"/dead/{letters[0]}/replay", headers=JSON)).status_code == 404
    some = {"letters": [letters[0], letters[1]]}
    assert (await client.post("/dead/replay", json=some)).json() == {"replayed": 1}
    assert (await client.get("/jobs/job-1")).json()["state"] == "waiting"
    assert (await client.post("/dead/replay", json={"letters": "all"})).json() == {"replayed": 3}
    assert (await queue.snapshot()).dead == 0


async def test_replaying_all_letters_must_be_asked_for_explicitly(queue, client, letters):
    for body in (
        b"",
        b"{}",
        b"[]",
        b'{"letters": null}',
        b'{"letters": "al"}',
        b'{"letters": ["x"]}',
        b'{"all": true}',
    ):
        assert (await client.post("/dead/replay", content=body, headers=JSON)).status_code == 422
    assert (await queue.snapshot()).dead == 5


async def test_a_letter_is_discarded_once(client, letters):
    assert [(await client.delete(f"/dead/{letters[0]}")).status_code for _ in range(2)] == [204, 404]
    assert (await client.get(f"/dead/{letters[0]}")).status_code == 404
    assert (await client.get("/jobs/job-0")).status_code == 404


async def test_a_letter_that_is_no_job_is_shown_byte_for_byte_and_not_replayed(queue, client):
    await queue.redis.xadd(queue.keys.stream("low"), {b"\xff\x00": b"\x80"})
    await Worker(queue, {}).run_until_idle()
    [letter] = (await client.get("/dead")).json()["letters"]
    assert [base64.b64decode(text) for text in letter["raw"]] == [b"\xff\x00", b"\x80"]
    assert (await client.post(f"/dead/{letter['letter']}/replay", headers=JSON)).status_code == 409
    assert (await client.delete(f"/dead/{letter['letter']}")).status_code == 204


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=x", "after=", f"after={2**64}-0"])
async def test_an_impossible_page_is_422(client, query):
    assert (await client.get(f"/dead?{query}")).status_code == 422


async def test_a_malformed_letter_id_is_422(client):
    answers = [
        await client.get("/dead/x"),
        await client.delete("/dead/x"),
        await client.post("/dead/x/replay", headers=JSON),
    ]
    assert {answer.status_code for answer in answers} == {422}
