"""Each mistake in an adapter gets one clear line."""

import asyncio
import sys
import time

import pytest

from helpers import running
from interrogate_steps import POPPED
from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import Peer, ask, find
from jobqueue.lab.interrogate.peer import ADAPTERS
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.traces import has_traces, places


def test_an_adapter_is_short_and_says_what_it_is():
    for path in ADAPTERS.glob("ask_*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 70, path
        assert {"enqueue", "work"} <= Peer(path).functions
        assert "DEAD" in Peer(path).constants or "dead" not in Peer(path).functions


def test_a_name_that_is_nobodys_is_refused(own):
    with pytest.raises(BadSetting, match=r"no adapter for 'kafka'\. Choose from arq, "):
        find("kafka")
    with pytest.raises(BadSetting, match="no question 'mood'"):
        asyncio.run(ask("rq", "mood"))


async def test_an_adapter_that_hands_over_something_else_than_a_job_is_told_so(own):
    wrong = POPPED.replace("do(*json.loads(text))", "do(json.loads(text))")
    with pytest.raises(BadSetting, match=r"doesn't run even a plain job: .*TypeError: a job is run by do"):
        await ask(own(wrong), "killed")


@pytest.mark.parametrize(
    "source, told",
    [
        ("def enqueue(job:\n", "ask_toy.py, line 1 is no Python"),
        ("x = '" + chr(0) + "'", "ask_toy.py is no Python"),
        ("x = 1\n", r"cannot enqueue: it has no enqueue\(job\)"),
        ("def enqueue(job):\n    pass\n", r"its worker has ended; it has no work\(\)"),
        ("from host import do\ndef enqueue(job):\n    do(*job.args)\n", "runs a job in its enqueue"),
        ("REQUIRES = 'redis'\n", r"must be a list of packages: \['redis'\]"),
        ("TUNED = {'kiled': {}}\n", "names a question that doesn't exist: kiled"),
        ("TUNED = {'killed': {'wroker': {}}}\n", "options for queue, worker or job, not wroker"),
    ],
)
async def test_what_is_wrong_with_an_adapter_is_said_in_a_line(own, source, told):
    with pytest.raises(BadSetting, match=told):
        await ask(own(source), "killed", within=3)


STREAM = """
from redis import Redis
from host import URL
redis = Redis.from_url(URL)
redis.exists("jobs") or redis.xgroup_create("jobs", "crew", "0", mkstream=True)

def enqueue(job):
    redis.xadd("jobs", {"id": job.id})

def work():
    while True:
        redis.xreadgroup("crew", "ann", {"jobs": ">"}, block=100)
"""


@pytest.mark.parametrize(
    "source",
    [
        POPPED.replace("do(*json.loads(text))", "json.loads(text)"),
        POPPED.replace('_, text = redis.blpop("jobs")', 'redis.blmove("jobs", "mine", 0)').replace("do(*json", "#"),
        STREAM,
    ],
    ids=["popped", "moved", "pending"],
)
async def test_a_worker_that_takes_a_job_and_never_calls_do_is_told_so_within_seconds(own, source, monkeypatch):
    module = sys.modules[ask.__module__]
    assert module.TAKEN < START / 4
    monkeypatch.setattr(module, "TAKEN", 0.5)
    began = time.monotonic()
    with pytest.raises(BadSetting, match=r"worker took the job, but 0.5 s later do\(\*job.args\) hasn't been called"):
        await ask(own(source), "killed")
    assert time.monotonic() - began < START / 2


@pytest.mark.slow
async def test_a_worker_that_takes_no_job_is_told_so(own):
    with pytest.raises(BadSetting, match=r"its worker is alive, but hasn't run it in 30 s; it printed nothing"):
        await ask(own(POPPED.replace('blpop("jobs")', 'blpop("job")')), "killed")


async def test_an_experiment_takes_a_trial_and_some_time(popped):
    for nonsense in ({"trials": 0}, {"within": 0}, {"within": -1}):
        with pytest.raises(BadSetting, match="trials must be 1 or more"):
            await ask(popped, "killed", **nonsense)


async def test_an_adapter_that_hangs_is_told_so_and_ended(own):
    async with Stage(find(own("import time\ndef enqueue(job):\n    time.sleep(600)\n")), {}) as stage:
        with pytest.raises(RuntimeError, match="toy did not enqueue within 1 s"):
            await stage.enqueue([("job",)], patience=1)
        assert not stage.processes.packs


async def test_what_is_left_of_a_job_is_seen_in_values_of_every_type_and_after_a_restart(popped):
    padding = "a job that can be compressed " * 50
    async with Stage(find(popped), {}, persistent=True) as stage:
        await stage.redis.set("text", f"{padding} in-a-text {padding}")
        await stage.redis.rpush("list", padding, f"{padding} in-a-list {padding}")
        await stage.redis.hset("hash", "field", f"{padding} in-a-hash {padding}")
        await stage.redis.sadd("set", f"{padding} in-a-set")
        await stage.redis.zadd("zset", {f"{padding} in-a-zset": 1})
        await stage.redis.xadd("stream", {"field": f"{padding} in-a-stream"})
        await asyncio.to_thread(stage.sandbox.kill)
        await asyncio.to_thread(stage.sandbox.restart)
        for name in ("text", "list", "hash", "set", "zset", "stream"):
            assert await has_traces(stage.redis, f"in-a-{name}"), name
        assert not await has_traces(stage.redis, "in-a-dream")
        await stage.redis.xgroup_create("stream", "crew", "0")
        assert await places(stage.redis, "in-a-stream") == {b"stream waiting"}
        await stage.redis.xreadgroup("crew", "ann", {"stream": ">"})
        assert await places(stage.redis, "in-a-stream") == {b"stream pending"}


async def test_a_stage_is_cleaned_up_whatever_an_adapter_wrote_down(popped):
    async with Stage(find(popped), {}) as stage:
        (stage.folder / "effects").write_text("no JSON\n", encoding="utf-8")
        server = stage.sandbox.process.pid
    assert not running(server)


@pytest.mark.long
def test_an_environment_that_cannot_be_made_says_why(own, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBQUEUE_PEERS", str(tmp_path / "peers"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    peer = find(own("REQUIRES = ['no-such-distribution-anywhere==1.0']\n"))
    with pytest.raises(BadSetting, match="no environment for toy: ERROR: No matching distribution found"):
        peer.set_up()
    assert not peer.is_set_up
