"""The front while Redis is away, hangs, is full or refuses: 503 for troubles that pass, 500 for those that stay."""

import asyncio
import json

import httpx
import pytest
from fronts import JSON
from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

from helpers import eventually_async
from jobqueue import Queue, Worker
from jobqueue.front.http import create_app

ASKED = [
    ("GET", "/jobs/j"), ("DELETE", "/jobs/j"), ("GET", "/dead"), ("GET", "/dead/1-1"), ("POST", "/dead/1-1/replay"),
    ("DELETE", "/dead/1-1"), ("GET", "/policy"), ("GET", "/readyz"), ("GET", "/metrics"),
]  # fmt: skip


# F39
async def test_without_redis_every_answer_is_503_until_it_is_back(queue, client, sandbox):
    assert (await client.get("/readyz")).status_code == 200
    sandbox.kill()
    assert (await client.get("/healthz")).status_code == 200  # to start the front again wouldn't help
    for method, path in ASKED:
        answer = await client.request(method, path, headers=JSON)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2"), (method, path)
    refused = await client.post("/jobs", json={"task": "t"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    sandbox.restart()
    assert (await client.get("/readyz")).status_code == 200
    again = await client.post("/jobs", json={"task": "t", "job_id": refused.json()["job_id"]})
    assert again.json()["id"] == refused.json()["job_id"]
    assert (await client.get("/dead")).json() == {"letters": [], "after": None}


async def test_a_refusal_of_redis_that_stays_is_500_without_a_time_to_come_back(queue, client):
    for key in (queue.keys.stream("normal"), queue.keys.settings):
        await queue.redis.delete(key)
        await queue.redis.set(key, "a text")
    for answer in (
        await client.post("/jobs", json={"task": "t"}),
        await client.put("/policy", json={"policy": "strict"}),
    ):
        assert answer.status_code == 500 and "Retry-After" not in answer.headers
        assert (
            answer.json()["detail"].startswith("Redis refused: ") and "wrong kind of value" in answer.json()["detail"]
        )


@pytest.mark.slow
async def test_with_a_redis_that_hangs_the_front_is_not_ready_within_seconds(queue, client):
    await queue.redis.client_pause(4000)
    async with asyncio.timeout(4):
        refused = await client.get("/readyz")
    assert (refused.status_code, refused.json()["detail"]) == (503, "Redis: no answer")
    await eventually_async(lambda: queue.redis.ping())
    assert (await client.get("/readyz")).status_code == 200


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


async def test_a_key_of_the_wrong_type_is_500_without_a_time_to_come_back(queue, client):
    await queue.redis.set(queue.keys.dead, "oops")
    await queue.redis.delete(queue.keys.stream("normal"))
    await queue.redis.set(queue.keys.stream("normal"), "oops")
    asked = [client.get("/dead"), client.get("/dead/1-1"), client.post("/jobs", json={"task": "t"})]
    asked += [client.post("/dead/replay", json={"letters": "all"})]
    for answer in [await one for one in asked]:
        assert (answer.status_code, "Retry-After" in answer.headers) == (500, False)
        assert "wrong kind" in answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert (await client.get("/healthz")).status_code == 200


async def test_a_user_without_rights_is_500(queue, redis_url):
    rights = ("+info", "+xgroup", "+ping", "+client|setname")
    await queue.redis.execute_command("ACL", "SETUSER", "poor", "on", ">pw", "~*", *rights)
    try:
        app = create_app(poor := Queue(redis_url.replace("://", "://poor:pw@")))
        transport = httpx.ASGITransport(app)
        async with poor, httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answers = [await client.get("/dead"), await client.get("/policy"), await client.get("/metrics")]
            answers += [await client.post("/jobs", json={"task": "t"})]
            assert [(one.status_code, "Retry-After" in one.headers) for one in answers] == [(500, False)] * 4
            assert (await client.head("/healthz")).status_code == 200
            await queue.redis.execute_command("ACL", "SETUSER", "poor", ">changed", "<pw")
            await poor.redis.connection_pool.disconnect()
            refused = await client.get("/readyz")
            assert (refused.status_code, "Retry-After" in refused.headers) == (500, False), refused.text
            assert "pw" not in refused.json()["detail"].split("password pair")[0]
    finally:
        await queue.redis.execute_command("ACL", "DELUSER", "poor")


WITHIN = ConnectionError("cannot authenticate")
WITHIN.__cause__ = AuthenticationError("WRONGPASS")
FAILURES = [
    (ConnectionError("refused"), 503), (ResponseError("MISCONF disk"), 503), (AuthenticationError("NOAUTH"), 500),
    (WITHIN, 500), (ResponseError("ERR two\nlines"), 500),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status"), FAILURES, ids=lambda value: str(value).split()[0])
async def test_only_an_error_that_passes_gets_a_time_to_come_back(queue, client, monkeypatch, error, status):
    async def fail(*_, **__):
        raise error

    monkeypatch.setattr(queue.transitions, "run", fail)
    for answer in [await client.get("/jobs/j"), await client.get("/metrics")]:
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, "2" if status == 503 else None)
        assert "\n" not in answer.json()["detail"]


async def test_a_broken_record_hides_no_other(queue, client):
    def fail(job):
        raise ValueError("no")

    await queue.enqueue("fail", job_id="dies", max_attempts=1)
    await queue.enqueue("ends", job_id="ends")
    await queue.redis.xadd(queue.keys.dead, {"ticket": '[["a"],{"b":5}', b"\xff": b"\xfe", "id": "\x00"}, "1-1")
    await queue.redis.xadd(queue.keys.dead, {"x": "y"}, "1-2")
    await Worker(queue, {"fail": fail, "ends": lambda job: 1}).run_until_idle()
    await queue.redis.hset(queue.keys.job("ends"), mapping={"result": b"\xff{", "attempt": "x"})
    await queue.redis.hset(queue.keys.job("dies"), mapping={"history": b"\xff\n{}\n[", "replays": "x"})
    await queue.redis.hset(queue.keys.totals, mapping={"accepted": "x", "done": "1e400", "retried": b"\xff"})
    letters = (await client.get("/dead")).json()["letters"]
    assert [letter["letter"] for letter in letters][:2] == ["1-1", "1-2"] and letters[2]["job_id"] == "dies"
    ended = (await client.get("/jobs/ends")).json()
    assert (ended["state"], ended["result"]) == ("done", None) and "broken" in ended["reason"]
    figures = (await client.get("/metrics")).text
    assert 'jobqueue_accepted_total{queue="jobs"} 0.0' in figures
    letters = [float(line.split()[-1]) for line in figures.splitlines() if line.startswith("jobqueue_dead_letters{")]
    assert sum(letters) == 3 and 'reason="other",tier="other"} 2.0' in figures
    for letter in ("1-1", "1-2"):
        assert (await client.get(f"/dead/{letter}")).status_code == 200
        assert (await client.delete(f"/dead/{letter}")).status_code == 204
    assert json.loads((await client.get("/dead")).text)["letters"][0]["job_id"] == "dies"
