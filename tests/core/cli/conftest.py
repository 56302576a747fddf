"""The command as a shell runs it, with a worker and with dead letters."""

import asyncio
import logging
import subprocess
import sys

import pytest
from handlers_text import HANDLERS
from stopping import HASTY, UNRULY

from jobqueue import Queue, Worker
from jobqueue.server.leash import Leashed

#: Modules that cannot be imported, each in its own way.
BROKEN = {"typo.py": "def (:", "fails.py": "import os\n1 / 0\n", "leaves.py": "import sys\nsys.exit(3)\n"}


@pytest.fixture(autouse=True)
def keep_log():
    """Leave the log as it was. A command that runs in this process makes it print to the test's own stderr."""
    log = logging.getLogger("jobqueue")
    handlers, level = [*log.handlers], log.level
    yield
    log.handlers[:] = handlers
    log.setLevel(level)


@pytest.fixture
def jobqueue(redis_url, tmp_path):
    """`jobqueue("enqueue", "double", "21")` runs the command in a folder with mine.py in it."""
    for name, text in ({"mine.py": HANDLERS} | BROKEN).items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def run(*words, url=redis_url, input=""):
        urls = ["--url", url] if words[0] != "demo" else []
        command = [sys.executable, "-m", "jobqueue.cli", *words, *urls]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", input=input, timeout=60)

    return run


@pytest.fixture
def worker(redis_url, tmp_path, jobqueue):
    with (tmp_path / "worker.log").open("wb") as log:
        words = ["worker", "mine:HANDLERS", "--url", redis_url, "--grace", "0.2"]
        command = [sys.executable, "-m", "jobqueue.cli", *words]
        process = Leashed(command, cwd=tmp_path, stdout=log, stderr=log)
    process.log = tmp_path / "worker.log"
    yield process
    process.kill()
    process.wait()


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


@pytest.fixture
def hire_one(redis_url, tmp_path):
    (tmp_path / "mine.py").write_text(UNRULY, encoding="utf-8")
    hired = []

    def start(*words, shell=""):
        command = [sys.executable, "-c", HASTY, "worker", "mine:handlers", "--url", redis_url, *words]
        if shell:
            command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command]
        with (tmp_path / "out").open("wb") as out, (tmp_path / "log").open("wb") as log:
            hired.append(Leashed(command, cwd=tmp_path, stdout=out, stderr=log))
        hired[-1].out, hired[-1].log = tmp_path / "out", tmp_path / "log"
        return hired[-1]

    yield start
    for worker in hired:
        worker.kill()
        worker.wait()
