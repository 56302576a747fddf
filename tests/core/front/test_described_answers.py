"""The front's description of itself. Each test of the front compares every answer with it: see `client_of`."""

import json

import httpx
import pytest
from fronts import client_of, find_fault

REQUEST = httpx.Request("GET", "http://front/jobs/j")
WRONG = {
    "a job without its state": (200, {"id": "j"}),
    "a job with a field that nothing describes": (200, {"id": "j", "state": "done", "mood": "fine"}),
    "a job whose tier is a number": (200, {"id": "j", "state": "done", "tier": 5}),
    "an error without words": (503, {"retry_after": 2.0}),
    "an error with a time that's a text": (503, {"detail": "Redis is away", "retry_after": "2"}),
}


async def describe(client):
    return (await client.get("/openapi.json")).json()


@pytest.mark.parametrize(("status", "body"), WRONG.values(), ids=WRONG)
async def test_an_answer_of_another_shape_is_noticed(client, status, body):
    described = await describe(client)
    assert find_fault(described, httpx.Response(status, json=body, request=REQUEST))
    assert find_fault(described, httpx.Response(200, text="hello", request=REQUEST))
    fine = {"id": "j", "state": "waiting", "tier": "low"}
    assert not find_fault(described, httpx.Response(200, json=fine, request=REQUEST))


async def test_every_path_describes_its_answer_and_its_errors(client):
    described = await describe(client)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert answers["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer"), path
            [success] = [code for code in answers if code.startswith("2")]
            schemas = [kind["schema"] for kind in answers[success].get("content", {}).values()]
            assert all(schemas) and (schemas or success == "204"), (method, path)
    assert {name for name in json.dumps(described).split('"') if name.startswith("#/")} == {
        f"#/components/schemas/{name}" for name in described["components"]["schemas"]
    }


async def test_a_query_that_is_out_of_bounds_is_422_in_one_line(client):
    refused = await client.get("/dead?limit=0")
    assert refused.status_code == 422
    assert refused.json() == {"detail": "query.limit: Input should be greater than or equal to 1"}


TOKEN = "correct-horse-battery-staple"
WITHOUT = ["", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer žluť"]


@pytest.mark.parametrize("given", WITHOUT)
async def test_without_the_token_all_but_the_probes_is_401(queue, given):
    await queue.enqueue("t", job_id="j")
    async with client_of(queue, TOKEN) as client:
        sent = {"Authorization": given.encode()} if given else {}
        for method, path in (("GET", "/jobs/j"), ("DELETE", "/jobs/j"), ("GET", "/metrics"), ("GET", "/openapi.json")):
            refused = await client.request(method, path, headers=sent)
            assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer"), path
            assert TOKEN not in refused.text
        assert (await client.post("/jobs", json={"task": "t"}, headers=sent)).status_code == 401
        assert [(await client.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert (await queue.snapshot()).accepted == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_with_the_token_all_is_as_without_one(queue, scheme):
    async with client_of(queue, TOKEN) as client:
        client.headers["Authorization"] = f"{scheme} {TOKEN}"
        job_id = (await client.post("/jobs", json={"task": "t"})).json()["id"]
        assert (await client.get(f"/jobs/{job_id}")).json()["state"] == "waiting"
        assert (await client.get("/metrics")).status_code == 200
