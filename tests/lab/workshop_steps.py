"""A workshop for tests: in this process, or as `jobqueue workshop` in one of its own; and what learners send to it."""

import contextlib
import json
import random
import re
import subprocess
import sys

import httpx

from jobqueue.lab.course.shelf import CHECKOUT
from jobqueue.lab.workshop.app import create_app
from jobqueue.lab.workshop.plan import read_plan
from jobqueue.lab.workshop.workshop import Workshop
from jobqueue.server.leash import Leashed

PLAN = read_plan(CHECKOUT)

#: A vote whose right answer is C (2), and one with the exercise of the same lesson.
VOTE, OTHER, EXERCISE, FAILURE = "03-reaper-dies", "03-mover", "reaper", "F20"


def new_learner(rng=random):
    return f"{rng.getrandbits(64):016x}"


@contextlib.contextmanager
def held(folder):
    """A workshop in this process, with its file in `folder`."""
    workshop = Workshop(folder / "workshop.jsonl", PLAN)
    try:
        yield workshop
    finally:
        workshop.end_streams()
        workshop.close()


def client_of(workshop, token=None, address="127.0.0.1"):
    """A client of the workshop in this process; `address` is the one it comes from."""
    transport = httpx.ASGITransport(create_app(workshop), client=(address, 4321))
    headers = {"Authorization": f"Bearer {workshop.state.code if token is None else token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)


def answer(learner, choice=2, vote=VOTE, **more):
    return {"learner": learner, "vote": vote, "choice": choice, "at": 1.5, **more}


def verdict(learner, *, passed=False, failure=FAILURE, **more):
    more = {"exercise": EXERCISE, "seconds": 1.5, **more}
    return {"learner": learner, "passed": passed, "failure": None if passed else failure, **more}


@contextlib.contextmanager
def serving(folder, *options, port=0):
    """`jobqueue workshop` in a process of its own, with `.url`, `.projector`, `.key`, `.code` and `.port`; what it
    writes to stderr is in `.complaints` in the end."""
    command = [sys.executable, "-m", "jobqueue.cli", "workshop", "--port", str(port), *options]
    server = Leashed(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        lines = [server.stdout.readline() for _ in range(2)]
        server.projector, learners = (re.search(r"http://\S+", line)[0] for line in lines)
        server.key = server.projector.partition("#")[2]
        server.url, _, server.code = learners.partition("/#")
        server.port = int(server.url.rpartition(":")[2])
        server.join = learners
        yield server
    finally:
        server.kill()
        _, server.complaints = server.communicate()


def send(server, path, body, token=None, **options):
    """POST to a server, and return the answer."""
    headers = {"Authorization": f"Bearer {token or server.code}"}
    return httpx.post(f"{server.url}{path}", json=body, headers=headers, timeout=20, **options)


def results(server):
    """What the page /how-it-went shows."""
    headers = {"Authorization": f"Bearer {server.key}"}
    answer = httpx.get(f"http://127.0.0.1:{server.port}/api/desk/results.json", headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def views(client, path):
    """The views that a stream sends, one by one."""
    async with client.stream("GET", path) as stream:
        assert stream.status_code == 200, await stream.aread()
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
