"""The process of `jobqueue serve`: how it starts and ends, what survives its death, and several at once."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys

import httpx
import psutil
import pytest
from fronts import HEAD, line_to, serving

from helpers import eventually, eventually_async
from jobqueue import Queue
from jobqueue.front.http import create_app
from steps import take


async def test_under_any_asgi_server_the_front_opens_and_closes_its_queue(redis_url):
    app = create_app(queue := Queue(redis_url))
    async with app.router.lifespan_context(app):
        assert {info["name"] for info in await queue.redis.xinfo_groups(queue.keys.stream("low"))} == {b"workers"}
    async with Queue(redis_url) as asks:

        async def alone():
            return len(await asks.redis.client_list()) == 1

        await eventually_async(alone)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_front_that_gets_a_signal_answers_the_request_it_has_begun_and_ends(front, number):
    body = b'{"task": "t", "job_id": "last"}'
    with line_to(front, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5]) as line:
        assert httpx.get(f"{front.url}/healthz").status_code == 200  # so the line before is read by now
        front.send_signal(number)
        eventually(lambda: refuses(front.place))
        line.sendall(body[5:])
        assert line.recv(1000).startswith(b"HTTP/1.1 202 ")
    assert front.wait(timeout=10) == 0


def refuses(place):
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(place):
        return False
    return True


@pytest.mark.sampled(2)
@pytest.mark.parametrize("after", [30, 300])
async def test_kill_9_under_load_loses_no_accepted_job(queue, redis_url, after):
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


# The token.


def test_a_front_with_a_token_file_answers_only_clients_that_send_it(redis_url, tmp_path):
    (tmp_path / "token").write_text("s3cret\n", encoding="utf-8")
    with serving(redis_url, "--token-file", str(tmp_path / "token")) as front:
        statuses = [
            httpx.get(f"{front.url}{path}", headers=headers).status_code
            for path in ("/metrics", "/readyz")
            for headers in ({}, {"Authorization": "Bearer s3cret"})
        ]
        assert statuses == [401, 200, 200, 200]
        assert "s3cret" not in " ".join(psutil.Process(front.pid).cmdline())


@pytest.mark.sampled(4)
@pytest.mark.parametrize("token", ["", " ", "two words", "žluť"])
def test_a_token_that_would_not_close_the_front_is_refused(redis_url, token):
    command = [sys.executable, "-m", "jobqueue.cli", "serve", "--url", redis_url, "--port", "0"]
    environment = os.environ | {"JOBQUEUE_TOKEN": token}
    ended = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert ended.returncode == 2
    assert (
        ended.stderr
        == "jobqueue serve: the token in JOBQUEUE_TOKEN must be one word of ASCII characters, and not empty\n"
    )


def test_a_token_file_that_is_missing_is_one_line(redis_url, tmp_path):
    command = [
        sys.executable,
        "-m",
        "jobqueue.cli",
        "serve",
        "--url",
        redis_url,
        "--token-file",
        str(tmp_path / "none"),
    ]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert ended.returncode == 2 and ended.stderr.startswith("jobqueue serve: cannot read the token: ")
