"""The front answers only for its own hosts, and does nothing that a page of another site asks for."""

import httpx
import pytest
from fronts import JSON, serving

WRITES = [
    ("POST", "/jobs"),
    ("POST", "/dead/replay"),
    ("POST", "/dead/1-1/replay"),
    ("PUT", "/policy"),
    ("DELETE", "/jobs/j"),
]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_request_that_a_web_page_can_send_to_any_site_is_refused(client, kind):
    headers = {"Content-Type": kind} if kind else {}
    for method, path in WRITES:
        answer = await client.request(method, path, content=b'{"task": "t"}', headers=headers)
        assert answer.status_code == 415 and "application/json" in answer.json()["detail"], path
        assert "access-control-allow-origin" not in answer.headers
    assert (await client.options("/jobs")).status_code == 405


OTHER_HOSTS = ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "[", ""]
OTHER_HOSTS += ["evil.example@localhost", "localhost/evil.example", "localhost#evil.example"]


@pytest.mark.parametrize("host", OTHER_HOSTS)
async def test_an_unknown_host_is_refused_everywhere(client, host):
    """A page can give its own name our address."""
    for method, path in [("GET", "/healthz"), ("GET", "/jobs/j"), *WRITES]:
        answer = await client.request(method, path, headers=JSON | {"Host": host}, content=b'{"task": "t"}')
        assert (answer.status_code == 421) == bool(host), path
    if host:
        assert "--allow-host NAME" in answer.json()["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "192.0.2.7", "front", "front."]
)
async def test_localhost_numeric_addresses_and_allowed_names_are_answered(client, host):
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9999", "http://front:1", "https://[", ""]
)
async def test_a_page_of_another_site_is_refused_everywhere(queue, client, origin):
    for method, path in [("GET", "/jobs/j"), ("GET", "/healthz"), ("DELETE", "/jobs/j"), *WRITES]:
        answer = await client.request(method, path, headers=JSON | {"Origin": origin}, content=b'{"task": "t"}')
        assert answer.status_code == 403, path
    assert (await queue.snapshot()).accepted == 0


@pytest.mark.parametrize("twice", [("Content-Type", "text/plain"), ("Origin", "http://evil.example")])
async def test_a_header_that_comes_twice_is_judged_as_a_whole(client, twice):
    own = [("Host", "localhost"), ("Content-Type", "application/json"), ("Origin", "http://localhost")]
    assert (await client.post("/jobs", content=b'{"task": "t"}', headers=own)).status_code == 202
    assert (await client.post("/jobs", content=b'{"task": "t"}', headers=[twice, *own])).status_code in (403, 415)


async def test_a_page_of_the_front_itself_is_answered(client):
    own = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    assert (await client.post("/jobs", json={"task": "t"}, headers=own)).status_code == 202


def test_a_front_answers_for_the_hosts_it_was_given(redis_url):
    with serving(redis_url, "--allow-host", "queue.example", "--allow-host", "other") as front:
        asked = [httpx.get(f"{front.url}/healthz", headers={"Host": host}) for host in ("queue.example", "other", "x")]
    assert [answer.status_code for answer in asked] == [200, 200, 421]
