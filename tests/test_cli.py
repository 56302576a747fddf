"""The command as a shell runs it: what it prints, and its exit code."""

import asyncio
import re
import signal
import subprocess
import sys

import pytest

from helpers import eventually
from jobqueue.leash import Leashed

HANDLERS = """
import time
def double(job): return job.payload * 2
def hang(job): time.sleep(600)
HANDLERS = {"double": double, "hang": hang}
nothing = 5
"""


@pytest.fixture
def jobqueue(redis_url, tmp_path):
    """`jobqueue("enqueue", "double", "21")` runs the command in a folder with mine.py in it."""
    (tmp_path / "mine.py").write_text(HANDLERS)

    def run(*words, url=redis_url, input=""):
        urls = ["--url", url] if words[0] in ("worker", "enqueue", "status") else []
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
    "a name that is no dict": (["worker", "mine:nothing"], {}, "mine:nothing is not a dict of handlers"),
    "no name at all": (["worker", "mine"], {}, "module:name"),
    "too many at once": (["worker", "mine:HANDLERS", "--concurrency", "0"], {}, "concurrency must be from 1 to 1000"),
    "a payload that is not JSON": (["enqueue", "x", "{oops"], {}, "the payload is not JSON"),
    "no attempt at all": (["enqueue", "x", "--max-attempts", "0"], {}, "max_attempts must be"),
    "a payload JSON would change": (["enqueue", "x", "NaN"], {}, "changes on its way through JSON"),
    "a job nobody knows": (["status", "unheard-of"], {}, "no job unheard-of is known"),
    "a queue's name with a brace": (["status", "--queue", "a{b}"], {}, "a queue's name is made of"),
}


@pytest.mark.parametrize(("words", "options", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(jobqueue, words, options, said):
    ended = jobqueue(*words, **options)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"jobqueue {words[0]}: ") and ended.stderr.count("\n") == 1
    assert said in ended.stderr


def test_a_payload_too_large_is_one_line_and_writes_nothing(jobqueue):
    """From standard input, because one argument may have 128 kB on Linux."""
    ended = jobqueue("enqueue", "x", "-", input=f'"{"a" * 300_000}"')
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "the limit is 262,144" in ended.stderr
    assert "accepted 0" in jobqueue("status").stdout
    assert jobqueue("enqueue", "x", "-", input=f'"{"a" * 200_000}"').returncode == 0


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
    stay, lost = (
        int(re.search(r"(\d+) jobs stay pending under a dead worker", out)[1]),
        int(re.search(r"lost (\d+)", out)[1]),
    )
    assert stay == lost > 0
