"""`jobqueue worker --metrics`: each process answers Prometheus with what it knows of its own jobs."""

import asyncio
import re
import sys

import httpx
import pytest
from prometheus_client import parser

from helpers import eventually, eventually_async, free_port
from jobqueue.server.leash import Leashed

HANDLERS = """
import asyncio, time
async def nap(job):
    await asyncio.sleep(job.payload)
def sleep(job):
    time.sleep(job.payload)
def fail(job):
    raise ValueError("no")
handlers = {"nap": nap, "sleep": sleep, "around": lambda job: nap(job), "fail": fail, "text": lambda job: "x" * 100}
"""


@pytest.fixture
def hire(redis_url, tmp_path):
    """Hire workers whose log is `.log`, with these words."""
    (tmp_path / "mine.py").write_text(HANDLERS, encoding="utf-8")
    hired = []

    def start(*words):
        log = tmp_path / f"log{len(hired)}"
        command = [sys.executable, "-m", "jobqueue.cli", "worker", "mine:handlers", "--url", redis_url, *words]
        with log.open("wb") as file:
            hired.append(Leashed(command, cwd=tmp_path, stdout=file, stderr=file))
        hired[-1].log = log
        return hired[-1]

    yield start
    for worker in hired:
        worker.kill()
        worker.wait()


def addresses(worker, count=1):
    """Where the processes of a worker answer, as their logs say."""

    def find():
        found = re.findall(r"metrics at (http://\S+)", worker.log.read_text(encoding="utf-8"))
        return len(found) == count and sorted(found)

    return eventually(find)


def read(address):
    """The samples at an address, by their name and the values of their labels but `queue`."""
    families = parser.text_string_to_metric_families(httpx.get(address, timeout=10).text)
    samples = [sample for family in families for sample in family.samples]
    names = ("tier", "task", "outcome", "le")
    return {(one.name, *(one.labels[name] for name in names if name in one.labels)): one.value for one in samples}


async def test_a_worker_measures_how_long_its_jobs_waited_and_ran(queue, hire):
    waits = await queue.enqueue("nap", 0.3, priority="low")
    await asyncio.sleep(0.3)  # it waits for as long, and longer
    [address] = addresses(worker := hire("--metrics", "0"))
    jobs = [waits] + [await queue.enqueue(task, 0.3) for task in ("sleep", "around")]
    for job_id in jobs:
        await queue.result(job_id, timeout=30)
    await queue.enqueue("fail", max_attempts=1)
    await eventually_async(lambda: read(address)["jobqueue_attempts_total", "dead"] == 1)
    seen = read(address)
    assert seen["jobqueue_wait_seconds_count", "low"] == 1 and seen["jobqueue_wait_seconds_sum", "low"] >= 0.3
    assert seen["jobqueue_wait_seconds_count", "normal"] == 3
    for task in ("nap", "sleep", "around"):
        assert seen["jobqueue_run_seconds_count", task] == 1, task
        assert 0.3 <= seen["jobqueue_run_seconds_sum", task] < 10, task
        assert seen["jobqueue_run_seconds_bucket", task, "0.25"] == 0, task
    assert seen["jobqueue_run_seconds_count", "fail"] == 1
    ends = {key[1]: count for key, count in seen.items() if key[0] == "jobqueue_attempts_total"}
    assert ends == {"done": 3, "dead": 1, "retried": 0, "released": 0, "lost": 0, "unsettled": 0}
    assert seen["process_resident_memory_bytes",] > 1e6
    worker.terminate()
    assert worker.wait(timeout=30) == 0


@pytest.mark.slow
def test_each_of_several_processes_has_the_next_port(hire):
    port = free_port(2)
    served = addresses(hire("--processes", "2", "--metrics", f"127.0.0.1:{port}"), 2)
    assert served == [f"http://127.0.0.1:{each}/metrics" for each in (port, port + 1)]
    assert [read(address)["jobqueue_attempts_total", "done"] for address in served] == [0, 0]


@pytest.mark.slow
def test_an_address_that_is_taken_or_wrong_is_one_line_and_exit_code_2(hire):
    [taken] = addresses(hire("--metrics", "0"))
    port = re.search(r":(\d+)/", taken)[1]
    for words, complaint in ((port, "cannot listen at 127.0.0.1"), ("x", "say PORT or HOST:PORT")):
        refused = hire("--metrics", words)
        assert refused.wait(timeout=30) == 2
        assert complaint in refused.log.read_text(encoding="utf-8").splitlines()[-1]


async def test_a_result_is_kept_as_long_and_as_large_as_the_worker_says(queue, hire):
    hire("--result-ttl", "600", "--max-bytes", "50")
    large = await queue.enqueue("text", max_attempts=1)
    small = await queue.enqueue("nap", 0)
    await queue.result(small, timeout=30)
    assert 500_000 < await queue.redis.pttl(queue.keys.job(small)) <= 600_000
    [letter] = await eventually_async(queue.dead.list)
    assert letter.job_id == large and "the limit is 50" in letter.error
