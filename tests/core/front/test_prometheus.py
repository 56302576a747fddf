"""A real Prometheus watches a real queue, with the files in deploy/: alerts begin and end, and the board has data."""

import json
import math
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml
from fronts import serving

from helpers import eventually, eventually_async, free_port
from jobqueue.server.leash import Leashed

DEPLOY = Path(__file__).parents[3] / "deploy"
BOARD = json.loads((DEPLOY / "grafana" / "board.json").read_text(encoding="utf-8"))
RULES = (DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
ALERTS = {rule["alert"] for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]}
QUERIES = {f"{panel['title']}: {one['refId']}": one["expr"] for panel in BOARD["panels"] for one in panel["targets"]}
QUERIES |= {f"mark: {mark['name']}": mark["expr"] for mark in BOARD["annotations"]["list"]}

needs_prometheus = pytest.mark.skipif(not shutil.which("promtool"), reason="no Prometheus here: apt install prometheus")


def promtool(*words, folder=DEPLOY / "prometheus"):
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, encoding="utf-8", timeout=60)


@needs_prometheus
def test_the_configuration_and_the_alerts_are_what_promtool_expects():
    for words in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml"]):
        checked = promtool(*words)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_prometheus
@pytest.mark.sampled(4)
@pytest.mark.parametrize("change", [("> 60", "> 600"), (")) > 0", ")) > 2"), ("> 5", "> 50"), ("== 0", "== 3")])
def test_the_alerts_own_tests_notice_a_wrong_threshold(tmp_path, change):
    assert change[0] in RULES
    shutil.copy(DEPLOY / "prometheus" / "alerts_test.yml", tmp_path)
    (tmp_path / "alerts.yml").write_text(RULES.replace(*change), encoding="utf-8")
    assert promtool("test", "rules", "alerts_test.yml", folder=tmp_path).returncode == 1


def test_every_panel_of_the_board_explains_itself_and_no_query_is_of_another_queue():
    assert all(panel["title"] and panel["description"].endswith(".") for panel in BOARD["panels"])
    assert all('queue="$queue"' in query or 'queue=~"$queue|"' in query for query in QUERIES.values())


HANDLERS = """
import asyncio
async def nap(job):
    await asyncio.sleep(job.payload)
def fail(job):
    raise ValueError("no")
handlers = {"nap": nap, "fail": fail}
"""


class Prometheus:
    """A server with deploy/'s configuration, in which minutes are seconds. `targets`: the addresses of each job."""

    def __init__(self, folder, start, targets):
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"}
        for job in config["scrape_configs"]:
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        hasty = re.sub(r"\b(\d+)m\b", r"\1s", RULES).replace("> 60", "> 1")
        (folder / "alerts.yml").write_text(hasty, encoding="utf-8")
        self.url, self.began = f"http://127.0.0.1:{(port := free_port())}", time.time()
        options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"]
        start("prometheus", *options, f"--web.listen-address=127.0.0.1:{port}")

    def ask(self, path, **query):
        try:
            return httpx.get(f"{self.url}/api/v1/{path}", params=query, timeout=20).json()["data"]
        except (httpx.TransportError, ValueError):  # it isn't ready yet
            return None

    def firing(self):
        told = self.ask("alerts") or {"alerts": []}
        return {one["labels"]["alertname"] for one in told["alerts"] if one["state"] == "firing"}

    def have_fired(self):
        """The alerts that have fired at any time."""
        told = self.ask("query", query='max_over_time(ALERTS{alertstate="firing"}[1h])')
        return {one["metric"]["alertname"] for one in told["result"]}

    def is_scraping(self, jobs):
        told = self.ask("query", query="up == 1") or {"result": []}
        return {one["metric"]["job"] for one in told["result"]} == jobs

    def has_data(self, expression):
        """Whether a query of the board has had a value at any time since we began."""
        expression = expression.replace("$queue", "jobs").replace("$__rate_interval", "10s")
        told = self.ask("query_range", query=expression, start=self.began, end=time.time(), step=0.5)
        values = [float(value) for series in told["result"] for _, value in series["values"]]
        return any(map(math.isfinite, values))


@pytest.fixture
def start(tmp_path):
    """Start a program in a folder with handlers; it's killed at the end."""
    (tmp_path / "mine.py").write_text(HANDLERS, encoding="utf-8")
    started = []

    def start(*command):
        with (tmp_path / "log").open("ab") as log:
            started.append(Leashed(command, cwd=tmp_path, stdout=log, stderr=log))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


@needs_prometheus
@pytest.mark.slow
async def test_each_alert_fires_and_ends_around_a_kill_and_each_query_of_the_board_has_data(
    queue, redis_url, tmp_path, start
):
    await queue.set_lease(1)
    port = f"127.0.0.1:{free_port()}"
    worker = [sys.executable, "-m", "jobqueue.cli", "worker", "mine:handlers", "--url", redis_url, "--metrics", port]
    worker += ["--concurrency", "10"]
    victim = start(*worker)
    with serving(redis_url, "--capacity", "low=1") as front:
        prometheus = Prometheus(tmp_path, start, {"queue": "{}:{}".format(*front.place), "workers": port})
        eventually(lambda: prometheus.is_scraping({"queue", "workers"}))
        eventually(lambda: prometheus.firing() == set())  # before the first scrape, no worker is known

        post = {"task": "nap", "payload": 0, "priority": "low", "delay": 60}
        async with httpx.AsyncClient(base_url=front.url) as client:
            assert [(await client.post("/jobs", json=post)).status_code for _ in range(2)] == [202, 503]
        await queue.enqueue("fail", max_attempts=2)
        eventually(lambda: "DeadLettersGrow" in prometheus.firing())

        async def pending(count):
            return (await queue.snapshot()).total("pending") == count

        for _ in range(10):
            await queue.enqueue("nap", 2)
        await eventually_async(lambda: pending(10))
        victim.kill()  # it has no slot free, so no blocked read of its own takes the next job
        late = await queue.enqueue("nap", 0, priority="high")
        eventually(lambda: {"NoWorkerAlive", "JobWaitsTooLong"} <= prometheus.firing())

        start(*worker)
        eventually(lambda: "LeasesRunOut" in prometheus.firing())
        await queue.result(late, timeout=60)
        eventually(lambda: prometheus.firing() == set())
        assert prometheus.have_fired() == ALERTS
        assert [name for name, query in QUERIES.items() if not prometheus.has_data(query)] == []
