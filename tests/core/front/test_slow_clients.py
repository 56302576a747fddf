"""A client that sends or reads too slowly is cut off, and does the others no harm."""

import asyncio
import contextlib
import socket

import httpx
import psutil
import pytest
import redis
from fronts import HEAD, STUCK, is_healthy, line_to, peers, rest, serving

from helpers import eventually, eventually_async
from jobqueue import Worker

START = HEAD + b"Content-Length: 9000\r\n"

#: What a client sends, at once, and then again and again.
SLOW = {
    "nothing": (b"", b""),
    "half a head": (START, b""),
    "half a body": (START + b"\r\n{", b""),
    "a head that never ends": (START, b"x: y\r\n"),
    "a body by the byte": (START + b"\r\n{", b" "),
    "one answered, and half another": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + START, b""),
}


def is_closed(line):
    """Has the other end closed this connection? What it sent before is dropped."""
    line.setblocking(False)
    try:
        while line.recv(100_000):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.fixture(scope="module")
def hasty_front(shared_sandbox):
    """A front that gives its clients one second: one for all tests. Whatever it writes to stderr fails the last one."""
    with serving(shared_sandbox.start(), patience=1.0) as front:
        yield front


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("at_once", "again"), SLOW.values(), ids=SLOW)
def test_a_client_that_is_too_slow_is_closed(hasty_front, at_once, again):
    with line_to(hasty_front) as line:
        line.sendall(at_once)

        def closed():
            with contextlib.suppress(OSError):
                line.send(again)
            return is_closed(line)

        eventually(closed, timeout=15)


async def test_a_client_that_takes_no_answer_is_closed(queue, hasty_front):
    for _ in range(100):
        await queue.redis.xadd(queue.keys.dead, {"junk": "x" * 100_000})
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(hasty_front.place)
        line.sendall(b"GET /dead HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process = psutil.Process(hasty_front.pid)
        port = line.getsockname()[1]

        def connected():
            return [one for one in process.net_connections() if one.raddr and one.raddr.port == port]

        await eventually_async(connected)
        await eventually_async(lambda: not connected(), timeout=15)


@pytest.mark.slow
def test_a_client_is_not_cut_off_because_redis_answers_slowly(redis_url):
    with serving(redis_url, patience=1.0) as front, redis.Redis.from_url(redis_url) as client:
        client.client_pause(3000)
        assert httpx.get(f"{front.url}/policy", timeout=30).status_code == 200


@pytest.mark.sampled(3)
@pytest.mark.parametrize("sent", STUCK.values(), ids=STUCK)
def test_a_request_that_stays_incomplete_is_408_and_its_connection_closed(hasty_front, sent):
    with line_to(hasty_front, sent) as line:
        answer = rest(line).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ") and b"within 1 seconds" in answer


def test_the_second_of_two_pipelined_requests_has_a_deadline_too(hasty_front):
    with line_to(hasty_front, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + STUCK["half the body"]) as line:
        answer = rest(line)
    assert answer.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 408 " in answer


def test_pipelined_requests_are_all_answered(hasty_front):
    with line_to(hasty_front, b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20) as line:
        assert rest(line).count(b"HTTP/1.1 200 ") == 20


@pytest.mark.parametrize("answered", [False, True])
def test_a_broken_chunk_is_refused_without_a_traceback(hasty_front, answered):
    head = HEAD.replace(b"application/json", b"text/plain") if answered else HEAD
    with line_to(hasty_front, head + b"Transfer-Encoding: chunked\r\n\r\n") as line:
        if answered:
            assert line.recv(1000).startswith(b"HTTP/1.1 415 ")
        line.sendall(b"oops\r\n")
        assert rest(line).startswith(b"" if answered else b"HTTP/1.1 400 ")
    assert is_healthy(hasty_front)  # and the fixture looks at stderr at the end


@pytest.mark.slow
async def test_a_client_that_does_not_read_its_answer_is_cut(queue, redis_url):
    def fail(job):
        raise ValueError("no")

    for _ in range(60):  # about 24 MB as JSON, more than the buffers of the kernel hold
        await queue.enqueue("fail", "a" * 200_000, max_attempts=1)
    await Worker(queue, {"fail": fail}).run_until_idle()
    with serving(redis_url, patience=1.0) as front, socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(front.place)
        line.sendall(b"GET /dead HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.to_thread(eventually, lambda: peers(front))
        await asyncio.to_thread(eventually, lambda: not peers(front))
        line.settimeout(20)
        received = await asyncio.to_thread(rest, line)
        assert received.startswith(b"HTTP/1.1 200 ")
        length = int(received.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert len(received) < length
        whole = await asyncio.to_thread(httpx.get, f"{front.url}/dead")
        assert len(whole.content) == length and len(whole.json()["letters"]) == 60
