"""A body larger than the limit is refused, before it has been read to its end."""

import httpx
import pytest
from fronts import HEAD, JSON, line_to

from helpers import eventually
from steps import content


async def chunks(body, size=10_000):
    for start in range(0, len(body), size):
        yield body[start : start + size]


# F09
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
def test_an_endless_body_is_413_before_its_end(front, header, piece):
    with line_to(front, HEAD + header + b"\r\n\r\n") as line:
        for _ in range(5):
            line.sendall(piece)
        assert line.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_in_the_middle_does_no_harm(front):
    for _ in range(3):
        line_to(front, b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").close()
    eventually(lambda: httpx.get(f"{front.url}/healthz").status_code == 200)
    assert 'jobqueue_accepted_total{queue="jobs"} 0.0' in httpx.get(f"{front.url}/metrics").text


async def test_a_replay_with_an_endless_body_is_413(queue, client):
    async def endless():
        while True:
            yield b"a" * 10_000

    answer = await client.post("/dead/1-1/replay", content=endless(), headers=JSON)
    assert answer.status_code == 413
