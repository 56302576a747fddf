"""The command as a shell runs it: what it prints, and its exit code."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from helpers import eventually
from jobqueue import Queue, Worker
from jobqueue.cli import main
from jobqueue.leash import Leashed

HANDLERS = """
import time
def double(job): return job.payload * 2
def hang(job): time.sleep(600)
HANDLERS = {"double": double, "hang": hang}
nothing = 5
none = {}
"""

#: Modules that cannot be imported, each in its own way.
BROKEN = {"typo.py": "def (:", "fails.py": "import os\n1 / 0\n", "leaves.py": "import sys\nsys.exit(3)\n"}


@pytest.fixture
def jobqueue(redis_url, tmp_path):
    """`jobqueue("enqueue", "double", "21")` runs the command in a folder with mine.py in it."""
    for name, text in ({"mine.py": HANDLERS} | BROKEN).items():
        (tmp_path / name).write_text(text)

    def run(*words, url=redis_url, input=""):
        urls = ["--url", url] if words[0] != "demo" else []
        command = [sys.executable, "-m", "jobqueue.cli", *words, *urls]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, input=input, timeout=60)

    return run


@pytest.fixture
def worker(redis_url, tmp_path, jobqueue):
    with (tmp_path / "worker.log").open("wb") as log:
        command = [
            sys.executable,
            "-m",
            "jobqueue.cli",
            "worker",
            "mine:HANDLERS",
            "--url",
            redis_url,
            "--grace",
            "0.2",
        ]
        process = Leashed(command, cwd=tmp_path, stdout=log, stderr=log)
    process.log = tmp_path / "worker.log"
    yield process
    process.kill()
    process.wait()


def test_a_job_enqueued_from_the_shell_is_run_by_a_worker_from_the_shell(jobqueue, worker):
    job_id = jobqueue("enqueue", "double", "21", "--priority", "high").stdout.strip()
    told = eventually(lambda: '"done"' in (out := jobqueue("status", job_id).stdout) and out)
    assert '"result": 42' in told
    assert "accepted 1 · done 1 · dead 0" in jobqueue("status").stdout


def test_the_same_id_twice_is_one_job(jobqueue):
    assert {jobqueue("enqueue", "double", "1", "--id", "mine").stdout for _ in range(2)} == {"mine\n"}
    assert re.search(r"normal +1 +0 +0", jobqueue("status").stdout)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_go_drains_even_if_a_thread_of_it_hangs(jobqueue, worker, number):
    jobqueue("enqueue", "hang")
    eventually(lambda: b"started hang" in worker.log.read_bytes())
    worker.send_signal(number)
    assert worker.wait(timeout=10) == 0
    assert b"released hang" in worker.log.read_bytes()
    assert re.search(r"normal +1 +0 +0", jobqueue("status").stdout)


REFUSALS = {
    "a url of no known kind": (["enqueue", "x"], {"url": "ftp://x"}, "--url ftp://x"),
    "a url where nobody listens": (["status"], {"url": "redis://localhost:1"}, "no answer from Redis at redis://loc"),
    "a socket that does not exist": (["worker", "mine:HANDLERS"], {"url": "unix:///nowhere"}, "no answer from Redis"),
    "a module that does not exist": (["worker", "nomodule:x"], {}, "cannot import 'nomodule'"),
    "a module with a typo": (
        ["worker", "typo:x"],
        {},
        "cannot import 'typo': SyntaxError: invalid syntax (typo.py, line 1)",
    ),
    "a module that raises": (
        ["worker", "fails:x"],
        {},
        "'fails': ZeroDivisionError: division by zero (fails.py, line 2)",
    ),
    "a module that leaves": (["worker", "leaves:x"], {}, "cannot import 'leaves': it calls sys.exit(3)"),
    "a file for a module": (["worker", "./mine.py:HANDLERS"], {}, "for ./mymodule.py say mymodule:HANDLERS"),
    "a name that is not there": (["worker", "mine:HANDLRES"], {}, "there is no 'HANDLRES' in /"),
    "no handlers at all": (["worker", "mine:none"], {}, "mine:none is not a dict of handlers"),
    "a grace before now": (
        ["worker", "mine:HANDLERS", "--grace", "-1"],
        {},
        "say a number of seconds, 0 or more, not '-1'",
    ),
    "a grace that is no number": (
        ["worker", "mine:HANDLERS", "--grace", "nan"],
        {},
        "--grace: say a number of seconds",
    ),
    "a wait before now": (["enqueue", "x", "--wait", "-1"], {}, "--wait: say a number of seconds, 0 or more"),
    "a name that is no dict": (["worker", "mine:nothing"], {}, "mine:nothing is not a dict of handlers"),
    "no name at all": (["worker", "mine"], {}, "module:name"),
    "too many at once": (["worker", "mine:HANDLERS", "--concurrency", "0"], {}, "concurrency must be from 1 to 1000"),
    "a payload that is not JSON": (["enqueue", "x", "{oops"], {}, "the payload is not JSON"),
    "no attempt at all": (["enqueue", "x", "--max-attempts", "0"], {}, "max_attempts must be"),
    "a payload JSON would change": (["enqueue", "x", "NaN"], {}, "changes on its way through JSON"),
    "a queue's name with a brace": (["status", "--queue", "a{b}"], {}, "status: a queue's name is made of"),
    "a payload too deep": (["enqueue", "x", "-"], {"input": "[" * 100_000}, "the payload is not JSON"),
    "an id that is not UTF-8": (["status", "a\udcff"], {}, "is not UTF-8"),
    "a tier nobody knows": (["enqueue", "x", "--priority", "urgent"], {}, "invalid choice: 'urgent'"),
    "a job and the whole queue": (["status", "j", "--watch"], {}, "not allowed with"),
    "a policy nobody can read": (
        ["policy", "aging:soon"],
        {},
        "cannot read the policy 'aging:soon': 'soon' is no number",
    ),
    "a policy without a name": (["policy", ""], {}, "a policy's name is not empty"),
    "a weight too few": (["policy", "weighted:6/3"], {}, "one weight a tier, as in weighted:6/3/1, not 2"),
    "what is no letter": (["dead", "show", "x"], {}, "'x' is no dead letter's id"),
    "a page after what is no letter": (["dead", "list", "--after", "x"], {}, "'x' is no dead letter's id"),
    "a page of nothing": (["dead", "list", "--limit", "0"], {}, "--limit must be at least 1"),
    "letters, and all of them": (["dead", "replay", "1-1", "--all"], {}, "name the letters, or say --all"),
    "no letters at all": (["dead", "discard"], {}, "name the letters, or say --all"),
    "a capacity of nothing": (["serve", "--capacity", "high=0"], {}, "'high=0'"),
    "a capacity without a number": (["enqueue", "x", "--capacity", "high"], {}, "say TIER=N or TIER=LOW:HIGH"),
    "watermarks upside down": (["serve", "--capacity", "low=9:5"], {}, "low < high"),
    "three watermarks": (["serve", "--capacity", "low=1:2:3"], {}, "low < high"),
    "a tier without capacity": (["serve", "--capacity", "urgent=5"], {}, "'urgent'; the tiers are"),
    "a port that is none": (["serve", "--port", "70000"], {}, "cannot listen at 127.0.0.1, port 70000"),
    "a host of somebody else": (["serve", "--host", "192.0.2.1", "--port", "0"], {}, "cannot listen at 192.0.2.1"),
    "a front without Redis": (["serve"], {"url": "redis://localhost:1"}, "no answer from Redis at redis://loc"),
}


@pytest.mark.parametrize(("words", "options", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(jobqueue, words, options, said):
    ended = jobqueue(*words, **options)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"jobqueue {words[0]}") and ended.stderr.count("\n") == 1
    assert said in ended.stderr


def test_a_payload_too_large_is_one_line_and_writes_nothing(jobqueue):
    """From standard input, because one argument may have 128 kB on Linux."""
    ended = jobqueue("enqueue", "x", "-", input=f'"{"a" * 300_000}"')
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "the limit is 262,144" in ended.stderr
    assert "accepted 0" in jobqueue("status").stdout
    assert jobqueue("enqueue", "x", "-", input=f'"{"a" * 200_000}"').returncode == 0


def test_a_password_is_in_no_complaint_and_in_no_help(jobqueue, sandbox):
    for url in ("redis://me:s3cret@localhost:1", "redis://:s3cret@x:port", "redis://localhost:1?password=s3cret"):
        ended = jobqueue("status", url=url)
        assert ended.returncode == 2 and "***" in ended.stderr and "s3cret" not in ended.stderr
    wrong = jobqueue("status", url=sandbox.url.replace("unix://", "unix://me:s3cret@"))
    assert "refused: invalid username-password" in wrong.stderr and "s3cret" not in wrong.stderr
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--help"]
    environment = os.environ | {"JOBQUEUE_REDIS_URL": "redis://me:s3c%20ret@redis.internal:6379"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60).stdout
    assert "redis.internal" in told and "s3c" not in told


def test_a_machine_without_a_folder_for_temporary_files_says_so_in_one_line(monkeypatch, capsys):
    def refuse(**options):
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    assert main(["demo"]) == 2
    said = capsys.readouterr().err
    assert said == "jobqueue demo: FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp']\n"


async def run_demo(*options):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jobqueue.cli", "demo", *options, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode()


async def test_the_demo_ends_with_every_result_right():
    code, out = await run_demo()
    *_, last = out.strip().splitlines()
    accepted, done, twice, lost = map(
        int, re.fullmatch(r"accepted (\d+) · done (\d+) · run twice (\d+) · lost (\d+)", last).groups()
    )
    assert (code, done, lost) == (0, accepted, 0)
    assert accepted > 100 and 1 <= twice <= 8
    assert "kill -9" in out and "reaped" in out


async def test_the_demo_without_a_reaper_says_that_the_orphans_stay():
    code, out = await run_demo("--no-reaper")
    assert code == 1
    [stay] = re.findall(r"(\d+) jobs stay pending under a dead worker", out)
    assert int(stay) > 0
    assert re.search(rf" · unsettled {stay} · run twice 0 · lost 0$", out.strip())


UNKNOWN = {
    "a job without a name, as of an empty variable": (["status", ""], "no job '' is known in the queue jobs"),
    "a job": (["status", "unheard-of"], "no job unheard-of is known in the queue jobs"),
    "a job to cancel": (["cancel", "unheard-of"], "no job unheard-of is known in the queue jobs"),
    "a letter": (["dead", "show", "1-1"], "there is no dead letter 1-1 in the queue jobs"),
    "letters to replay": (["dead", "replay", "1-1", "2-1"], "2 of 2 letters were not replayed"),
    "a letter to discard": (["dead", "discard", "1-1"], "1 of 1 letters were not discarded"),
}


@pytest.mark.parametrize(("words", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_there_is_one_line_and_exit_code_1(jobqueue, words, said):
    ended = jobqueue(*words)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"jobqueue {words[0]}: {said}") and ended.stderr.count("\n") == 1


def test_a_delayed_job_is_cancelled_and_again_but_not_one_that_has_ended(jobqueue, worker):
    jobqueue("enqueue", "double", "1", "--id", "later", "--delay", "3600")
    assert re.search(r"normal +0 +0 +1", jobqueue("status").stdout)
    for _ in range(2):
        assert jobqueue("cancel", "later").stdout == "cancelled\n"
    assert '"cancelled"' in jobqueue("status", "later").stdout
    jobqueue("enqueue", "double", "1", "--id", "now")
    eventually(lambda: '"done"' in jobqueue("status", "now").stdout)
    refused = jobqueue("cancel", "now")
    assert (refused.returncode, refused.stdout) == (1, "") and "the job now is done" in refused.stderr


def test_a_full_tier_refuses_at_once_or_after_the_wait(jobqueue):
    full = ["enqueue", "x", "--priority", "low", "--capacity", "high=9,low=0:1"]
    assert jobqueue(*full).returncode == 0
    refused = jobqueue(*full)
    assert refused.returncode == 2 and "the tier low is full: 1 jobs, capacity 1" in refused.stderr
    began = time.monotonic()
    assert jobqueue(*full, "--wait", "1").returncode == 2
    assert time.monotonic() - began > 1


def test_the_lease_is_printed_and_set_for_everybody(jobqueue):
    assert [jobqueue("lease", *words).stdout for words in ([], ["7.5"], [])] == ["30 s\n", "7.5 s\n", "7.5 s\n"]
    assert "lease 7.5 s" in jobqueue("status").stdout
    refused = jobqueue("lease", "0.1")
    assert (refused.returncode, jobqueue("lease").stdout) == (2, "7.5 s\n")
    assert refused.stderr == "jobqueue lease: the lease must be at least 0.5 seconds, not 0.1\n"


def test_the_policy_is_printed_set_and_cleared(jobqueue):
    none = "none: each worker follows its own\n"
    said = [jobqueue("policy", *words).stdout for words in ([], ["aging:5"], [], ["--clear"], [])]
    assert said == [none, "aging:5\n", "aging:5\n", none, none]
    own = jobqueue("policy", "strickt")  # may be one that workers were given; or misspelt
    assert (own.returncode, own.stdout) == (0, "strickt\n")
    assert own.stderr.startswith("strickt is none of strict, aging:SECONDS") and own.stderr.count("\n") == 1


@pytest.fixture
def letters(jobqueue, redis_url):
    """Three dead letters: two jobs, one with a wild error, and an entry that was no job."""

    def fail(job):
        raise ValueError(f"\x1b[31mred\n{job.payload}")

    async def die():
        async with Queue(redis_url) as queue:
            for number in (1, 2):
                await queue.enqueue("fail", {"n": number}, job_id=f"job-{number}", max_attempts=1)
            await queue.redis.xadd(queue.keys.stream("low"), {b"\xff": "not ours"})
            await Worker(queue, {"fail": fail}, concurrency=1).run_until_idle()
            return [letter.letter for letter in await queue.dead.list()]

    return asyncio.run(die())


def test_dead_letters_are_listed_as_a_table_and_as_json(jobqueue, letters):
    listed = jobqueue("dead", "list")
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["letter", "job", "tier", "task", "reason", "replays", "error"]
    assert [row.split()[0] for row in rows] == letters
    assert re.search(r"job-1 +normal +fail +failed +0 +ValueError: \\x1b\[31mred\\n", rows[0])
    assert listed.stderr == ""
    page = jobqueue("dead", "list", "--json", "--limit", "1", "--after", letters[0])
    [found] = json.loads(page.stdout)
    assert (found["letter"], found["payload"], len(found["history"])) == (letters[1], {"n": 2}, 1)


def test_a_page_says_how_to_ask_for_the_next(jobqueue, letters):
    assert jobqueue("dead", "list", "--limit", "2").stderr == f"there may be more: --after {letters[1]}\n"


def test_a_letter_is_shown_with_everything_and_in_lines_a_terminal_can_bear(jobqueue, letters):
    shown = jobqueue("dead", "show", letters[0]).stdout
    for line in (
        "job_id   job-1",
        'payload  {"n":1}',
        "reason   failed",
        "attempt 1 failed at ",
        "Traceback (most rec",
    ):
        assert f"\n{line}" in shown
    assert "\x1b" not in shown
    foreign = jobqueue("dead", "show", letters[2]).stdout
    assert r"field b'\xff': b'not ours'" in foreign and "job_id   –" in foreign
    assert json.loads(jobqueue("dead", "show", letters[2], "--json").stdout)["raw"] == ["/w==", "bm90IG91cnM="]


def test_letters_are_replayed_and_discarded_one_or_all(jobqueue, letters):
    part = jobqueue("dead", "replay", letters[0], letters[2])
    assert (part.returncode, part.stdout) == (1, "replayed 1\n") and "1 of 2 letters were not replayed" in part.stderr
    assert '"waiting"' in jobqueue("status", "job-1").stdout
    assert jobqueue("dead", "replay", "--all").stdout == "replayed 1\n"
    assert jobqueue("dead", "discard", letters[2]).stdout == "discarded 1\n"
    for verb in ("replay", "discard"):
        none = jobqueue("dead", verb, "--all")
        assert (none.returncode, none.stdout) == (0, f"{verb}ed 0\n")
    assert "accepted 2 · done 0 · dead 0" in jobqueue("status").stdout


def test_watching_goes_on_through_an_outage_until_ctrl_c(redis_url, sandbox, tmp_path):
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--watch", "--url", redis_url]
    out, complaints = tmp_path / "out", tmp_path / "complaints"
    with out.open("wb") as stdout, complaints.open("wb") as stderr:
        watching = Leashed(command, stdout=stdout, stderr=stderr)
    eventually(lambda: out.read_text().count("accepted 0") >= 2)
    sandbox.kill()
    eventually(lambda: "no answer from Redis" in out.read_text())
    sandbox.restart()
    seen = len(out.read_text())
    eventually(lambda: "accepted 0" in out.read_text()[seen:])
    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=10) == 0
    assert complaints.read_text() == ""


def test_on_a_terminal_the_table_is_drawn_in_place(redis_url):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--watch", "--url", redis_url]
    with subprocess.Popen(command, stdout=theirs, env={**os.environ, "TERM": "xterm"}) as watching:
        os.close(theirs)
        drawn = b""
        while drawn.count(b"accepted 0") < 2:
            drawn += os.read(ours, 1000)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=10) == 0
    os.close(ours)
    assert b"\x1b[2K" in drawn or b"\x1b[1A" in drawn  # it went back up, instead of down


def test_whoever_has_seen_enough_may_go(redis_url, letters):
    command = f"{sys.executable} -m jobqueue.cli dead list --json --url {redis_url} | true"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_port_that_is_taken_is_named_and_how_to_get_another(jobqueue):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = jobqueue("serve", "--port", port)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert f"port {port}" in ended.stderr and "--port 0 takes one that is free" in ended.stderr


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client"])
def test_without_its_extra_the_front_says_what_to_install(redis_url, missing):
    without = (
        f"import sys; sys.modules[{missing!r}] = None; from jobqueue.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", without, "serve", "--url", redis_url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr == f"jobqueue serve: it needs {missing}: pip install 'jobqueue-kit[http]'\n"
