"""The front has room for a limited number of connections; one more takes the place of the one that waits longest."""

import asyncio
import contextlib
import resource
import subprocess
import sys

import httpx
import pytest
from fronts import SERVE, STUCK, is_healthy, line_to, peers, rest, serving

from helpers import eventually
from jobqueue.front import deadline


def test_few_files_and_many_slow_connections_leave_room_for_the_others(redis_url):
    with serving(redis_url, files=256) as front, contextlib.ExitStack() as stack:
        for number in range(400):
            sent = list(STUCK.values())[number % len(STUCK)]
            stack.enter_context(contextlib.closing(line_to(front, sent)))
            if number % 100 == 99:
                assert is_healthy(front)
        posted = httpx.post(f"{front.url}/jobs", json={"task": "t"}, timeout=10)
        assert posted.status_code == 202
        assert len(peers(front)) <= 256 - deadline.LEFT_FREE + 1


def test_the_connection_that_waits_longest_gets_503_and_makes_room(redis_url):
    with serving(redis_url, most=16) as front, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(line_to(front, STUCK["half the body"])) for _ in range(16)]
        eventually(lambda: len(peers(front)) == 16)
        assert is_healthy(front)
        answer = rest(lines[0])
        assert answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1\r\n" in answer
        lines[15].sendall(b"        ")  # the others are still there: the last completes its body
        assert lines[15].recv(1000).startswith(b"HTTP/1.1 422 ")


@pytest.mark.slow
async def test_a_new_connection_gets_503_if_all_are_busy(queue, redis_url):
    with serving(redis_url, most=16) as front, contextlib.ExitStack() as stack:
        await asyncio.to_thread(is_healthy, front)
        await asyncio.to_thread(eventually, lambda: not peers(front))
        await queue.redis.client_pause(3000)
        ask = b"GET /policy HTTP/1.1\r\nHost: localhost\r\n\r\n"
        lines = [stack.enter_context(line_to(front, ask)) for _ in range(16)]
        await asyncio.to_thread(eventually, lambda: len(peers(front)) == 16)
        refused = await asyncio.to_thread(httpx.get, f"{front.url}/policy")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert refused.json()["retry_after"] == 1
        for line in lines:
            assert (await asyncio.to_thread(line.recv, 1000)).startswith(b"HTTP/1.1 200 ")


def test_too_few_files_are_refused_in_one_line(redis_url):
    command = [sys.executable, "-c", SERVE, "20", "128", "512", "serve", "--url", redis_url, "--port", "0"]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "raise ulimit -n" in ended.stderr


def test_a_low_soft_limit_of_files_is_raised(monkeypatch):
    limits = [(64, resource.RLIM_INFINITY)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    assert deadline.most_connections() == deadline.MOST
    assert limits[-1] == (deadline.MOST + deadline.LEFT_FREE, resource.RLIM_INFINITY)
