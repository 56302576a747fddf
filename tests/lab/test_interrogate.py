"""The harness that questions real queues: believed only because it finds out the truth about queues we know."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import pytest

from helpers import eventually, python, running
from jobqueue.cli import main
from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import QUESTIONS, Peer, ask, find, frame, known, load, save
from jobqueue.lab.interrogate.answer import Answer, Trial, sum_up
from jobqueue.lab.interrogate.guard import living
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.peer import ADAPTERS, PINS
from jobqueue.lab.interrogate.stage import Stage
from jobqueue.lab.interrogate.traces import has_traces

ASYNCIO = "arq"

# A queue that loses nothing, and runs twice what takes longer than its lease: a list, a list of what is at work, and a
# janitor in each worker, who knows nothing of renewals.
LEASED = """
import json, threading, time
from redis import Redis
from host import JOB, QUEUE, URL, do

TUNED = {"lease busy killed": {"queue": {"lease": 2}}}
GARBAGE = [["LPUSH", "jobs", "garbage"]]
DEAD = "a list"
redis = Redis.from_url(URL)

def enqueue(job):
    if QUEUE.get("full") and redis.llen("jobs") >= QUEUE["full"]:
        raise OverflowError("full")
    redis.lpush("jobs", json.dumps([job.args, 1]))

def janitor():
    while True:
        time.sleep(0.1)
        for text, since in redis.hgetall("since").items():
            if time.time() - float(since) > QUEUE.get("lease", 3600) and redis.lrem("at work", 1, text):
                redis.hdel("since", text)
                args, attempt = json.loads(text)
                again = json.dumps([args, attempt + 1])
                redis.lpush("jobs" if attempt < 3 else "dead", again)

def work():
    threading.Thread(target=janitor, daemon=True).start()
    while True:
        text = redis.blmove("jobs", "at work", 0)
        redis.hset("since", text, time.time())
        try:
            do(*json.loads(text)[0])
        except ValueError:
            redis.lpush("dead", text)
        except Exception:
            redis.lpush("dead", text)
        redis.lrem("at work", 1, text)
        redis.hdel("since", text)

def dead():
    return [json.loads(text)[0][0] for text in redis.lrange("dead", 0, -1) if text != b"garbage"]

def replay(ids):
    for text in redis.lrange("dead", 0, -1):
        redis.lrem("dead", 1, text)
        redis.lpush("jobs", text)
"""

#: The kit's own adapter for the smallest queue, for this Python.
POPPED = (ADAPTERS / "ask_blpop.py").read_text(encoding="utf-8").replace('REQUIRES = ["redis"]', "")

#: Who tells the dead only when no job is left anywhere.
SLOW_DEAD = """
def dead():
    while redis.llen("jobs") + redis.llen("at work"):
        time.sleep(0.01)
"""


@pytest.fixture
def own(tmp_path):
    """Make an adapter of this source, for this Python."""

    def make(source, name="ask_toy.py"):
        (tmp_path / name).write_text(source, encoding="utf-8")
        return str(tmp_path / name)

    return make


def words(answers):
    return {(answer.question, bool(answer.settings)): answer.word for answer in answers}


@pytest.fixture(scope="module")
def popped(tmp_path_factory):
    """The smallest queue: it pops before it works."""
    path = tmp_path_factory.mktemp("own") / "ask_popped.py"
    path.write_text(POPPED, encoding="utf-8")
    return str(path)


@pytest.mark.slow
async def test_of_a_queue_that_pops_first_it_finds_what_is_lost(popped):
    answers = await ask(popped, "killed", "in_transit", "corrupt", "lease")
    assert words(answers) == {
        ("killed", False): "lost",
        ("in_transit", False): "lost",
        ("corrupt", False): "worker dies",
        ("lease", False): "not asked",
    }
    assert any("in no key" in line for line in answers[0].trials[0].evidence)
    assert not answers[-1].measured and answers[-1].documented


@pytest.mark.slow
async def test_of_a_queue_that_has_leases_it_finds_what_is_run_again_and_what_is_run_twice(own):
    toy = own(LEASED)
    [slow] = await ask(toy, "killed", within=3, settings="default")
    killed, busy = await ask(toy, "killed", "busy", settings="tuned")
    [fails] = await ask(toy, "fails")
    assert (slow.summary, killed.summary, busy.summary, fails.summary) == ("not within 3 s", "yes", "twice", "kept")
    assert killed.trials[0].figure > 2
    assert fails.detail == "run once; in a list; replayed"


@pytest.mark.slow
async def test_a_job_that_was_run_again_while_the_dead_were_asked_for_is_not_lost(own):
    slow = LEASED.replace('"lease": 2', '"lease": 4').replace("def dead():\n", SLOW_DEAD)
    [answer] = await ask(own(slow), "killed", settings="tuned")
    assert (answer.word, answer.trials[0].figure) == ("yes", pytest.approx(4, abs=1.5))


async def test_a_queue_that_runs_nothing_is_not_said_to_lose_everything(own):
    with pytest.raises(BadSetting, match="does not run even a plain job: its worker has ended; ZeroDivisionError"):
        await ask(own(LEASED.replace("def work():", "def work():\n    1 / 0")), "killed")
    with pytest.raises(BadSetting, match="cannot enqueue: ModuleNotFoundError"):
        await ask(own("import no_such_library"), "killed")


@pytest.mark.slow
async def test_rq_is_really_interrogated():
    [killed] = await ask("rq", "killed", within=3, settings="default")
    assert killed.summary == "not within 3 s"  # a minute at least, and a maintenance
    answers = await ask("rq", "stopped", "poison", "corrupt", settings="default")
    assert words(answers) == {
        ("stopped", False): "finished",
        ("poison", False): "given up",
        ("corrupt", False): "worker dies",
    }
    assert answers[0].versions["rq"] in PINS["rq"][0]


@pytest.mark.slow
async def test_an_asyncio_peer_is_really_interrogated():
    [killed] = await ask(ASYNCIO, "killed", within=3, settings="default")
    assert killed.summary == "not within 3 s"
    answers = await ask(ASYNCIO, "stopped", "in_transit", "fails", settings="default")
    assert words(answers) == {
        ("stopped", False): "yes",
        ("in_transit", False): "yes",
        ("fails", False): "kept",
    }


@pytest.mark.slow
async def test_the_kit_answers_as_it_promises():
    assert words(await ask("jobqueue", "killed", settings="tuned")) == {("killed", True): "yes"}
    answers = await ask("jobqueue", "in_transit", "flood", "corrupt")
    assert words(answers) == {
        ("in_transit", False): "yes",
        ("flood", False): "no",
        ("flood", True): "refused",
        ("corrupt", False): "yes",
    }


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(known()) - {"blpop"}))
async def test_everyone_answers_as_the_stored_table_says(name):
    quick = ("killed", "stopped", "in_transit", "lease", "fails", "corrupt")
    stored = {(one.question, one.setting): one for one in load() if one.peer == name}
    for answer in await ask(name, *quick, within=20):
        kept = stored[answer.question, answer.setting]
        if "not within" not in (answer.word, kept.word):  # that took longer than we wait here
            assert answer.word in {trial.word for trial in kept.trials} | {kept.word}, answer


def test_every_question_was_asked_three_times_for_the_stored_table():
    answers = load()
    assert {(one.peer, one.question) for one in answers} == {(p, q) for p in {*PINS, "jobqueue"} for q in QUESTIONS}
    assert {one.peer for one in answers if one.measured and (len(one.trials) < 3 or one.within < 100)} == set()


def test_the_stored_table_is_of_the_pinned_versions():
    answers = load()
    assert {(one.peer, one.question) for one in answers} <= {(p, q) for p in {*PINS, "jobqueue"} for q in QUESTIONS}
    for answer in answers:
        pins = (pin.split("==") for pin in PINS.get(answer.peer, ()))
        assert answer.versions == {name.split("[")[0]: number for name, number in pins} or answer.peer == "jobqueue"
        assert answer.word != "failed"
        assert bool(answer.documented) or answer.measured
        assert answer.server or not answer.measured


def test_an_adapter_is_short_and_says_what_it_is():
    for path in ADAPTERS.glob("ask_*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path
        assert {"enqueue", "work"} <= Peer(path).functions
        assert "DEAD" in Peer(path).constants or "dead" not in Peer(path).functions


def test_a_name_that_is_nobodys_is_refused(own):
    with pytest.raises(BadSetting, match=r"no adapter for 'kafka'\. Choose from arq, "):
        find("kafka")
    with pytest.raises(BadSetting, match="no question 'mood'"):
        asyncio.run(ask("rq", "mood"))


async def test_an_adapter_that_hands_over_something_else_than_a_job_is_told_so(own):
    wrong = POPPED.replace("do(*json.loads(text))", "do(json.loads(text))")
    with pytest.raises(BadSetting, match=r"does not run even a plain job: .*TypeError: a job is run by do"):
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


def test_what_most_trials_said_is_the_answer():
    trials = [Trial("yes", "after 3 s", 3), Trial("lost"), Trial("yes", "after 2 s", 2), Trial("yes", "after 9 s", 9)]
    word, detail = sum_up(trials)
    answer = Answer("toy", "killed", {}, word, detail, trials, within=5)
    assert (answer.summary, answer.detail) == ("yes (3 of 4), lost (1 of 4)", "after 3 s")


def test_answers_are_kept_beside_others_and_loaded_into_pandas(tmp_path):
    first = Answer("toy", "killed", {}, "lost", "", [Trial("lost")], within=5)
    other = Answer("toy", "flood", {"queue": {"full": 5}}, "refused", "", [Trial("refused")], within=5)
    save([first], tmp_path / "kept.json")
    save([other], tmp_path / "kept.json")
    save([Answer("toy", "killed", {}, "yes", "", [Trial("yes")], within=5)], tmp_path / "kept.json")
    table = frame(load(tmp_path / "kept.json"))
    assert table[["question", "settings", "answer"]].values.tolist() == [
        ["flood", "full=5", "refused"],
        ["killed", "as it comes", "yes"],
    ]


@pytest.mark.slow
def test_the_command_prints_a_table_or_json(own, capsys):
    toy = own(LEASED)
    assert main(["interrogate", toy, "--ask", "flood", "--within", "3", "--evidence"]) == 0
    printed = capsys.readouterr().out
    assert "flood" in printed and "as it comes" in printed and "1000 jobs enqueued" in printed
    assert main(["interrogate", toy, "--ask", "flood", "--within", "3", "--json"]) == 0
    [answer] = json.loads(capsys.readouterr().out)
    assert (answer["peer"], answer["question"], answer["word"]) == ("toy", "flood", "no")
    assert main(["interrogate", "--list"]) == 0
    assert "celery" in capsys.readouterr().out
    assert main(["interrogate", "--stored", "rq"]) == 0
    assert "killed" in capsys.readouterr().out
    assert main(["interrogate", "nobody"]) == 2


# ---- nothing is left behind

FAMILY = """
import os, sys, time
if os.fork() == 0:
    if os.fork() == 0 and sys.platform == "linux":
        os.setsid()  # as a daemon
        open(sys.argv[1] + "-daemon", "w").write(str(os.getpid()))
        time.sleep(600)
    os.setpgrp()  # as RQ's work horse
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(600)
time.sleep(600)
"""


def test_a_pack_is_killed_with_all_it_started(tmp_path):
    pack = Pack([sys.executable, "-c", FAMILY, "pid"], {}, tmp_path, tmp_path / "log")
    child = eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(encoding="utf-8"))
    assert len(living(pack.pid)) >= 3
    if sys.platform == "linux":
        daemon = eventually(
            lambda: (tmp_path / "pid-daemon").exists() and (tmp_path / "pid-daemon").read_text(encoding="utf-8")
        )
    pack.kill()
    assert not living(pack.pid)
    assert not running(int(child))
    if sys.platform == "linux":
        eventually(lambda: not running(int(daemon)))  # nobody waits for it


def test_workers_do_not_outlive_a_harness_that_is_killed(tmp_path):
    harness = """
        import sys, time
        from pathlib import Path
        from jobqueue.lab.interrogate.pack import Pack
        folder = Path(sys.argv[2])
        print(Pack([sys.executable, "-c", sys.argv[1], "pid"], {}, folder, folder / "log").pid, flush=True)
        time.sleep(600)
    """
    with python(harness, FAMILY, str(tmp_path)) as process:
        session = process.json()
        eventually(lambda: (tmp_path / "pid").exists() and len(living(session)) >= 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    eventually(lambda: not living(session))


async def test_a_stage_leaves_nothing(popped):
    async with Stage(find(popped), {}) as stage:
        await stage.enqueue([("long", "sleep", 60.0)])
        pack = stage.hire()
        assert await stage.until(lambda: bool(stage.times("long")), 20)
        server, left = stage.sandbox.process.pid, stage.folder.exists
    assert not living(pack.pid)
    assert not running(server)
    assert not left()


def test_experiments_are_never_made_on_a_server_that_somebody_uses(popped):
    code = """if True:
        import asyncio, sys
        from jobqueue.lab.interrogate import ask
        print(asyncio.run(ask(sys.argv[1], "flood"))[0].word)
    """
    env = {"JOBQUEUE_REDIS_URL": "redis://localhost:1", "PATH": os.environ["PATH"]}
    run = subprocess.run([sys.executable, "-c", code, popped], env=env, capture_output=True, encoding="utf-8")
    assert run.stdout == "no\n", run.stderr
