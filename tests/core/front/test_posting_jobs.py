"""A job posted to the front is accepted and found, or refused with the reason."""

import json
import re

import httpx
import pytest
from fronts import JSON, client_of
from hypothesis import given, settings
from hypothesis import strategies as st

from jobqueue import Queue, Worker
from steps import content, started, take


async def test_a_posted_job_is_accepted_run_and_found_at_its_location(queue, client):
    answer = await client.post("/jobs", json={"task": "double", "payload": 21, "priority": "high"})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/jobs/{answer.json()['id']}"
    found = await client.get(answer.headers["Location"])
    assert (found.json()["state"], found.json()["tier"]) == ("waiting", "high")
    await Worker(queue, {"double": lambda job: job.payload * 2}).run_until_idle()
    found = (await client.get(answer.headers["Location"])).json()
    assert (found["state"], found["result"]) == ("done", 42)


async def test_every_option_of_a_job_can_be_posted(queue, client):
    payload = {"n": 2**70, "empty": [], "none": {}, "ü": "\N{SNOWMAN}"}
    options = {"job_id": "mine", "max_attempts": 7, "timeout": 1.5, "payload": payload}
    await client.post("/jobs", json={"task": "t", **options})
    [job] = await take(queue)
    assert (job.id, job.max_attempts, job.timeout, job.payload) == ("mine", 7, 1.5, payload)
    await client.post("/jobs", json={"task": "t", "job_id": "later", "delay": 3600})
    assert (await client.get("/jobs/later")).json()["state"] == "delayed"


@pytest.mark.parametrize("job_id", ["a/b", "a b?c#d", "100%", "ü\N{SNOWMAN}", "two\nlines\n", "replay", "'\"\\"])
async def test_any_id_is_found_at_its_location(client, job_id):
    answer = await client.post("/jobs", json={"task": "t", "job_id": job_id})
    assert (await client.get(answer.headers["Location"])).json()["id"] == job_id
    assert (await client.delete(answer.headers["Location"])).json()["state"] == "cancelled"


async def test_the_same_id_again_is_accepted_again_and_adds_nothing_even_if_full(redis_url):
    async with Queue(redis_url, capacity={"normal": 1}) as queue, client_of(queue) as client:
        first = await client.post("/jobs", json={"task": "t", "job_id": "mine"})
        before = await content(queue)
        again = await client.post("/jobs", json={"task": "t", "job_id": "mine"})
        assert (again.status_code, again.json()) == (202, {"id": "mine"}) == (first.status_code, first.json())
        assert await content(queue) == before


async def test_a_full_tier_is_503_and_says_when_to_come_back(redis_url):
    async with Queue(redis_url, capacity={"low": (1, 3)}) as queue, client_of(queue) as client:
        post = {"task": "t", "priority": "low"}
        assert [(await client.post("/jobs", json=post)).status_code for _ in range(4)] == [202, 202, 202, 503]
        before = await content(queue)
        refused = await client.post("/jobs", json=post)
        body, header = refused.json(), refused.headers["Retry-After"]
        assert await content(queue) == before
        assert (body["tier"], body["depth"], body["capacity"]) == ("low", 3, 3)
        assert re.fullmatch(r"[1-9]\d*", header) and 0 <= int(header) - body["retry_after"] < 1
        assert (await client.post("/jobs", json={"task": "t"})).status_code == 202  # another tier


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{oops",
    "no object": b"[]",
    "no task": b"{}",
    "an empty task": b'{"task": ""}',
    "a task that is a number": b'{"task": 5}',
    "a misspelt field": b'{"task": "t", "max_atempts": 5}',
    "an unknown tier": b'{"task": "t", "priority": "urgent"}',
    "an id that is a number": b'{"task": "t", "job_id": 5}',
    "an empty id": b'{"task": "t", "job_id": ""}',
    "a long id": b'{"task": "t", "job_id": "%s"}' % (b"a" * 201),
    "no attempts": b'{"task": "t", "max_attempts": 0}',
    "half an attempt": b'{"task": "t", "max_attempts": 1.5}',
    "no time": b'{"task": "t", "timeout": 0}',
    "a time that is a text": b'{"task": "t", "timeout": "5"}',
    "a delay into the past": b'{"task": "t", "delay": -1}',
    "an endless delay": b'{"task": "t", "delay": 1e300}',
    "not a number": b'{"task": "t", "payload": NaN}',
    "infinite": b'{"task": "t", "payload": 1e999}',
    "a number of 5000 digits": b'{"task": "t", "payload": %s}' % (b"9" * 5000),
    "not UTF-8": b'{"task": "\xff"}',
    "half a character": b'{"task": "t", "payload": "\\ud800"}',
    "too deep": b'{"task": "t", "payload": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "two bodies": b'{"task": "t"}{"task": "t"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_body_is_422_says_why_and_writes_nothing(queue, client, body):
    before = await content(queue)
    answer = await client.post("/jobs", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert await content(queue) == before


async def test_an_unknown_job_is_404(client):
    for ask in (client.get, client.delete):
        assert (await ask("/jobs/unheard-of")).status_code == 404


async def test_a_waiting_job_can_be_cancelled_but_not_a_running_or_ended_one(queue, client):
    await queue.enqueue("t", job_id="waits")
    for _ in range(2):  # the answer to the first may be lost
        answer = await client.delete("/jobs/waits")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    job = await started(queue, job_id="runs")
    assert (await client.delete("/jobs/runs")).status_code == 409
    await queue.transitions.complete("me", [(job, b"1")], 1000)
    answer = await client.delete("/jobs/runs")
    assert (answer.status_code, answer.json()["state"]) == (409, "done")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
near_misses = st.fixed_dictionaries(
    {"task": st.just("t") | plain},
    optional={
        "payload": plain,
        "priority": st.sampled_from(["high", "low", "urgent"]) | plain,
        "job_id": st.text(max_size=250) | plain,
        "max_attempts": st.integers(-1, 1002) | plain,
        "timeout": st.floats() | plain,
        "delay": st.floats(0, 10) | plain,
        "other": plain,
    },
)
bodies = st.binary(max_size=200) | (plain | near_misses).map(lambda value: json.dumps(value).encode())


@pytest.mark.slow
def test_any_body_is_either_accepted_and_found_or_refused(front):
    with httpx.Client(base_url=front.url) as client:

        @settings(max_examples=300)
        @given(bodies)
        def try_it(body):
            answer = client.post("/jobs", content=body, headers=JSON)
            assert answer.status_code in (202, 413, 422), answer.text
            if answer.status_code == 202:
                found = client.get(answer.headers["Location"])
                assert found.json()["id"] == answer.json()["id"]

        try_it()
