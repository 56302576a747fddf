"""What an operator asks the front: the policy, metrics, its description, and whether it's there."""

import httpx
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from jobqueue.front.metrics import TOTALS
from steps import started


async def test_a_misspelt_policy_is_422_with_a_suggestion_unless_forced(client):
    refused = await client.put("/policy", json={"policy": "aginng:5"})
    assert refused.status_code == 422 and "Did you mean aging:5?" in refused.json()["detail"]
    assert (await client.put("/policy", json={"policy": "aginng:5", "force": True})).json() == {"policy": "aginng:5"}


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
    assert seen["jobqueue_workers", None, None] == 1
    totals = {name: value for (name, tier, _), value in seen.items() if name.endswith("_total") and not tier}
    assert totals == {f"jobqueue_{name}_total": {"accepted": 8, "buried": 5}.get(name, 0) for name in TOTALS}
    open_ = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert figures(openmetrics_parser.text_string_to_metric_families(open_.text)).keys() == seen.keys()


async def test_the_interface_describes_itself(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    body = paths["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"task", "payload", "priority", "job_id", "max_attempts", "timeout", "delay"}
    assert body["required"] == ["task"]


async def test_head_is_answered_as_get_without_a_body(queue, client):
    await queue.enqueue("t", job_id="j")
    for path in ("/healthz", "/metrics", "/jobs/j", "/jobs/unheard-of", "/dead", "/policy", "/dead/1-1"):
        head, get = await client.head(path), await client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_after_a_head_the_connection_can_be_used_again(front):
    with httpx.Client(base_url=front.url) as client:
        assert [client.head("/healthz").status_code, client.get("/healthz").json()] == [200, {"front": "lives"}]
