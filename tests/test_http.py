"""The HTTP front: each answer it may give, and what is left of it when it, or Redis, is killed."""

import asyncio
import base64
import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from helpers import eventually, eventually_async
from jobqueue import Queue, Worker
from jobqueue.http import create_app
from jobqueue.leash import Leashed
from steps import content, started, take

JSON = {"Content-Type": "application/json"}


def client_of(queue):
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(queue)), base_url="http://front")


@pytest.fixture
async def client(queue):
    """The front of `queue` in this process."""
    async with client_of(queue) as client:
        yield client


@contextlib.contextmanager
def serving(redis_url, *options, port=0):
    """`jobqueue serve` in a process of its own, with its `url`; whatever it complains of fails the test."""
    command = [sys.executable, "-m", "jobqueue.cli", "serve", "--url", redis_url, "--port", str(port), *options]
    front = Leashed(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        front.url = front.stdout.readline().split()[0]
        yield front
    finally:
        front.kill()
        _, complaints = front.communicate()
    assert complaints == ""


@pytest.fixture
def front(redis_url):
    with serving(redis_url) as front:
        yield front


# Accepting.


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


# Refusing.


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


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_web_page_can_send_to_another_site_unasked_is_refused(client, kind):
    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post("/jobs", content=b'{"task": "t"}', headers=headers)
    assert answer.status_code == 422 and "application/json" in answer.json()["detail"]
    assert "access-control-allow-origin" not in answer.headers
    assert (await client.options("/jobs")).status_code == 405


async def chunks(body, size=10_000):
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_larger_than_the_limit_is_413_and_writes_nothing(queue, client, chunked):
    before = await content(queue)
    body = b'{"task": "t", "payload": "%s"}' % (b"a" * queue.max_bytes)
    answer = await client.post("/jobs", content=chunks(body) if chunked else body, headers=JSON)
    assert answer.status_code == 413
    assert "262,144 bytes" in answer.json()["detail"]
    assert await content(queue) == before
    body = b'{"task": "t", "payload": "%s"}' % (b"a" * (queue.max_bytes - 200))
    answer = await client.post("/jobs", content=chunks(body) if chunked else body, headers=JSON)
    assert answer.status_code == 202


async def test_a_job_that_is_larger_than_the_limit_only_once_encoded_is_413_too(queue, client):
    body = b'{"task":"t","payload":"%s"}' % (b"a" * (queue.max_bytes - 30))
    assert len(body) < queue.max_bytes
    answer = await client.post("/jobs", content=body, headers=JSON)
    assert (answer.status_code, "reference" in answer.json()["detail"]) == (413, True)


ENDLESS = {
    "declared": (b"Content-Length: 1000000000000", b"{"),
    "chunked": (b"Transfer-Encoding: chunked", b"10000\r\n" + b"a" * 0x10000 + b"\r\n"),
}


@pytest.mark.parametrize(("header", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_413_is_said_before_the_end_of_an_endless_body(front, header, piece):
    where = urlsplit(front.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        line.sendall(b"POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + header + b"\r\n\r\n")
        for _ in range(5):
            line.sendall(piece)
        assert line.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_in_the_middle_does_no_harm(front):
    where = urlsplit(front.url)
    for _ in range(3):
        with socket.create_connection((where.hostname, where.port)) as line:
            line.sendall(b"POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    eventually(lambda: httpx.get(f"{front.url}/healthz").status_code == 200)
    assert 'jobqueue_accepted_total{queue="jobs"} 0.0' in httpx.get(f"{front.url}/metrics").text


# Jobs.


async def test_a_job_nobody_knows_is_404(client):
    for ask in (client.get, client.delete):
        assert (await ask("/jobs/unheard-of")).status_code == 404


async def test_a_waiting_job_is_cancelled_and_again_but_not_one_that_runs_or_has_ended(queue, client):
    await queue.enqueue("t", job_id="waits")
    for _ in range(2):  # the answer to the first may be lost
        answer = await client.delete("/jobs/waits")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    job = await started(queue, job_id="runs")
    assert (await client.delete("/jobs/runs")).status_code == 409
    await queue.transitions.complete("me", [(job, b"1")], 1000)
    answer = await client.delete("/jobs/runs")
    assert (answer.status_code, answer.json()["state"]) == (409, "done")


# Dead letters.


@pytest.fixture
async def letters(queue):
    """Five dead letters, of the jobs job-0 … job-4."""

    def fail(job):
        raise ValueError(f"no {job.payload}")

    for number in range(5):
        await queue.enqueue("fail", number, job_id=f"job-{number}", max_attempts=1)
    await Worker(queue, {"fail": fail}, concurrency=1).run_until_idle()
    return [letter.letter for letter in await queue.dead.list()]


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


async def test_one_is_replayed_some_are_and_all(queue, client, letters):
    assert (await client.post(f"/dead/{letters[0]}/replay")).json() == {"replayed": 1}
    assert (await client.post(f"/dead/{letters[0]}/replay")).status_code == 404
    some = {"letters": [letters[0], letters[1]]}
    assert (await client.post("/dead/replay", json=some)).json() == {"replayed": 1}
    assert (await client.get("/jobs/job-1")).json()["state"] == "waiting"
    assert (await client.post("/dead/replay", json={"letters": "all"})).json() == {"replayed": 3}
    assert (await queue.snapshot()).dead == 0


async def test_replay_of_all_must_be_said(queue, client, letters):
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


async def test_what_was_no_job_is_shown_byte_for_byte_and_not_replayed(queue, client):
    await queue.redis.xadd(queue.keys.stream("low"), {b"\xff\x00": b"\x80"})
    await Worker(queue, {}).run_until_idle()
    [letter] = (await client.get("/dead")).json()["letters"]
    assert [base64.b64decode(text) for text in letter["raw"]] == [b"\xff\x00", b"\x80"]
    assert (await client.post(f"/dead/{letter['letter']}/replay")).status_code == 409
    assert (await client.delete(f"/dead/{letter['letter']}")).status_code == 204


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=x", "after=", f"after={2**64}-0"])
async def test_a_page_that_cannot_be_is_422(client, query):
    assert (await client.get(f"/dead?{query}")).status_code == 422


async def test_what_is_no_letters_id_is_422(client):
    answers = [await client.get("/dead/x"), await client.delete("/dead/x"), await client.post("/dead/x/replay")]
    assert {answer.status_code for answer in answers} == {422}


# Operation.


async def test_the_policy_is_read_changed_and_cleared(queue, client):
    assert (await client.get("/policy")).json() == {"policy": None}
    assert (await client.put("/policy", json={"policy": "aging:5"})).json() == {"policy": "aging:5"}
    assert await queue.policy() == "aging:5"
    for body in ({"policy": "aging:soon"}, {"policy": 5}, {}, []):
        assert (await client.put("/policy", json=body)).status_code == 422
    assert (await client.get("/policy")).json() == {"policy": "aging:5"}
    assert (await client.put("/policy", json={"policy": None})).json() == {"policy": None}


def figures(families):
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *(one.labels.get(name) for name in ("tier", "place"))): one.value for one in samples}


async def test_metrics_are_one_snapshot_in_prometheus_format(queue, client, letters):
    await queue.enqueue("t", priority="high")
    await queue.enqueue("t", priority="low", delay=3600)
    await started(queue)
    answer = await client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    seen = figures(parser.text_string_to_metric_families(answer.text))
    assert seen["jobqueue_jobs", "high", "waiting"] == 1
    assert seen["jobqueue_jobs", "normal", "pending"] == 1
    assert seen["jobqueue_jobs", "low", "delayed"] == 1
    assert sum(value for (name, *_), value in seen.items() if name == "jobqueue_jobs") == 3
    assert 0 <= seen["jobqueue_oldest_wait_seconds", "high", None] < 60
    assert seen["jobqueue_oldest_wait_seconds", "low", None] == 0
    assert seen["jobqueue_dead_letters", None, None] == 5
    totals = {name: value for (name, *_), value in seen.items() if name.endswith("_total")}
    told = {"accepted": 8, "done": 0, "retried": 0, "reaped": 0, "discarded": 0, "cancelled": 0, "foreign": 0}
    assert totals == {f"jobqueue_{what}_total": value for what, value in told.items()}
    open_ = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert figures(openmetrics_parser.text_string_to_metric_families(open_.text)).keys() == seen.keys()


async def test_the_interface_describes_itself(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    body = paths["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"task", "payload", "priority", "job_id", "max_attempts", "timeout", "delay"}
    assert body["required"] == ["task"]


# Redis away.


ASKED = [
    ("GET", "/jobs/j"), ("DELETE", "/jobs/j"), ("GET", "/dead"), ("GET", "/dead/1-1"), ("POST", "/dead/1-1/replay"),
    ("DELETE", "/dead/1-1"), ("GET", "/policy"), ("GET", "/healthz"), ("GET", "/metrics"),
]  # fmt: skip


async def test_without_redis_every_answer_is_503_until_it_is_back(queue, client, sandbox):
    assert (await client.get("/healthz")).status_code == 200
    sandbox.kill()
    for method, path in ASKED:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2"), (method, path)
    refused = await client.post("/jobs", json={"task": "t"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    sandbox.restart()
    assert (await client.get("/healthz")).status_code == 200
    again = await client.post("/jobs", json={"task": "t", "job_id": refused.json()["job_id"]})
    assert again.json()["id"] == refused.json()["job_id"]
    assert (await client.get("/dead")).json() == {"letters": [], "after": None}


async def test_a_redis_that_hangs_is_unhealthy_within_seconds(queue, client):
    await queue.redis.client_pause(4000)
    async with asyncio.timeout(4):
        unhealthy = await client.get("/healthz")
    assert (unhealthy.status_code, unhealthy.json()["detail"]) == (503, "Redis: no answer")
    await eventually_async(lambda: queue.redis.ping())
    assert (await client.get("/healthz")).status_code == 200


async def test_a_redis_out_of_memory_refuses_jobs_and_answers_the_rest(queue, client):
    await queue.enqueue("t", job_id="j")
    await queue.redis.config_set("maxmemory", "1")
    try:
        refused = await client.post("/jobs", json={"task": "t"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "out of memory" in refused.json()["detail"] and refused.json()["tier"] is None
        assert (await client.get("/jobs/j")).json()["state"] == "waiting"
        assert (await client.get("/metrics")).status_code == 200
    finally:
        await queue.redis.config_set("maxmemory", "256mb")
    assert (await queue.snapshot()).accepted == 1


async def test_under_any_asgi_server_the_front_opens_and_closes_its_queue(redis_url):
    app = create_app(queue := Queue(redis_url))
    async with app.router.lifespan_context(app):
        assert {info["name"] for info in await queue.redis.xinfo_groups(queue.keys.stream("low"))} == {b"workers"}
    async with Queue(redis_url) as asks:

        async def alone():
            return len(await asks.redis.client_list()) == 1

        await eventually_async(alone)


# The process.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_front_told_to_go_answers_what_it_has_begun_and_goes(front, number):
    where, body = urlsplit(front.url), b'{"task": "t", "job_id": "last"}'
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        head = (
            f"POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        line.sendall(head.encode() + body[:5])
        assert httpx.get(f"{front.url}/healthz").status_code == 200  # so the line before is read by now
        front.send_signal(number)
        eventually(lambda: refuses(where))
        line.sendall(body[5:])
        assert line.recv(1000).startswith(b"HTTP/1.1 202 ")
    assert front.wait(timeout=10) == 0


def refuses(where):
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((where.hostname, where.port)):
        return False
    return True


@pytest.mark.parametrize("after", [30, 300])
async def test_kill_9_under_load_forgets_nothing_that_was_accepted(queue, redis_url, after):
    """And a client that asks again with its own id, where it heard no answer, doubles nothing."""
    sent, accepted, posted = set(), set(), [f"job-{number}" for number in range(20_000)]
    waiting = iter(posted)

    async def produce(client):
        with contextlib.suppress(httpx.TransportError):
            for job_id in waiting:
                sent.add(job_id)
                answer = await client.post("/jobs", json={"task": "t", "job_id": job_id})
                assert answer.status_code == 202
                accepted.add(answer.json()["id"])

    with serving(redis_url) as front:
        async with httpx.AsyncClient(base_url=front.url) as client, asyncio.TaskGroup() as group:
            for _ in range(16):
                group.create_task(produce(client))
            await eventually_async(lambda: len(accepted) >= after)
            front.kill()
    assert after <= len(accepted) <= len(sent) < len(posted), "it was to die in the middle of it"
    states = [await queue.job(job_id) for job_id in accepted]
    assert {status and status.state for status in states} == {"waiting"}
    with serving(redis_url) as front:
        async with httpx.AsyncClient(base_url=front.url) as client:
            for job_id in sorted(sent - accepted):
                assert (await client.post("/jobs", json={"task": "t", "job_id": job_id})).status_code == 202
    assert (await queue.snapshot()).accepted == len(sent)
    assert sorted(job.id for job in await take(queue, count=len(sent) + 1)) == sorted(sent)


async def test_producers_at_two_fronts_share_one_capacity(queue, redis_url):
    options = ("--capacity", "normal=50")
    with serving(redis_url, *options) as one, serving(redis_url, *options) as other:
        async with httpx.AsyncClient() as client:
            posts = [client.post(f"{front.url}/jobs", json={"task": "t"}) for front in [one, other] * 40]
            codes = [answer.status_code for answer in await asyncio.gather(*posts)]
    assert (codes.count(202), codes.count(503)) == (50, 30)
    assert (await queue.snapshot()).total("waiting") == 50


# Whatever may be posted.

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


def test_whatever_is_posted_is_accepted_and_found_or_refused(front):
    with httpx.Client(base_url=front.url) as client:

        @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(bodies)
        def try_it(body):
            answer = client.post("/jobs", content=body, headers=JSON)
            assert answer.status_code in (202, 413, 422), answer.text
            if answer.status_code == 202:
                found = client.get(answer.headers["Location"])
                assert found.json()["id"] == answer.json()["id"]

        try_it()
