"""What an adapter imports as `host`: where its Redis is, how it is set, what a job does. Run as a program, it is the
harness's hand in a peer's own environment. Python's standard library and nothing else.

    python -m host produce ask_rq orders.json answer.json     enqueue jobs
    python -m host work ask_rq                                be a worker, until killed
    python -m host dead ask_rq answer.json                    ids of the jobs that the queue keeps as given up
    python -m host replay ask_rq answer.json ID …             give them another life

Every job runs `do` or `do_async`, which writes down each start and end, in a file: what a queue did is read there and
nowhere else. Times are time.monotonic(), one clock for all processes.
"""

import asyncio
import contextlib
import importlib
import inspect
import json
import os
import signal
import sys
import time
from typing import NamedTuple

FOLDER = os.environ.get("ASK_FOLDER", ".")
URL = os.environ.get("ASK_URL", "redis://localhost:6379")
#: Jobs that a worker may run at once.
CONCURRENCY = int(os.environ.get("ASK_CONCURRENCY", "1"))
#: The peer's own options, as the experiment wants them: of its connection or queue, of its worker, of each job.
_SETTINGS = json.loads(os.environ.get("ASK_SETTINGS", "{}"))
QUEUE, WORKER, JOB = (dict(_SETTINGS.get(part, {})) for part in ("queue", "worker", "job"))


class Job(NamedTuple):
    """What an adapter enqueues: `do(*job.args)`, under the id `job.id` if the queue lets one choose it."""

    id: str
    kind: str = "sleep"
    seconds: float = 0.0
    tier: str = "normal"
    pad: str = ""

    @property
    def args(self):
        return self.id, self.kind, self.seconds, self.pad


class Failure(Exception):
    """What a job of the kind "fail" raises, until its bug is fixed."""


def _open(name: str) -> int:
    return os.open(os.path.join(FOLDER, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


# Opened once: a write to a file opened for appending is one step, whichever processes share it.
_effects, _tally = _open("effects"), _open("tally")


def say(job_id: str, what: str) -> None:
    """Write down that something happened to a job, here and now."""
    line = json.dumps([job_id, what, os.getpid(), time.monotonic()])
    os.write(_effects, line.encode() + b"\n")


def _begin(job_id: str, kind: str) -> None:
    if not isinstance(job_id, str):
        raise TypeError(f"a job is run by do(*job.args), the first of which is its id: {str(job_id)[:80]!r} is none")
    say(job_id, "start")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "fail" and not os.path.exists(os.path.join(FOLDER, "fixed")):
        say(job_id, "fail")
        raise Failure("this job always fails")


def _compute(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def do(job_id, kind="sleep", seconds=0.0, pad=""):
    """A job, as a plain function. Kinds: noop, sleep, busy (computes, never waits), fail, kill (kills its process)."""
    if kind == "noop":
        os.write(_tally, b".")
        return
    _begin(job_id, kind)
    try:
        (_compute if kind == "busy" else time.sleep)(seconds)
    except BaseException:
        say(job_id, "cut off")
        raise
    say(job_id, "end")


async def do_async(job_id, kind="sleep", seconds=0.0, pad=""):
    """The same job as a coroutine."""
    if kind == "noop":
        os.write(_tally, b".")
        return
    _begin(job_id, kind)
    try:
        if kind == "busy":
            _compute(seconds)
        else:
            await asyncio.sleep(seconds)
    except BaseException:
        say(job_id, "cut off")
        raise
    say(job_id, "end")


async def produce(adapter, orders: dict) -> dict:
    """Enqueue `orders["jobs"]` one by one, `pause` seconds between them: which were refused, and how long it took."""
    jobs = [Job(*job) for job in orders["jobs"]]
    refused, sent = {}, []
    enqueue, pause = adapter.enqueue, orders.get("pause", 0)
    began = time.perf_counter()
    for job in jobs:
        if pause:
            await asyncio.sleep(pause)
            sent.append(time.monotonic())
        try:
            done = enqueue(job)
            if inspect.isawaitable(done):
                await done
        except Exception as error:
            refused[job.id] = f"{type(error).__name__}: {error}"[:200]
    return {"refused": refused, "seconds": time.perf_counter() - began, "sent": sent}


async def act(verb: str, adapter, ids: list[str], orders: dict):
    """What the harness asked for, inside the adapter's `producer()` if it has one: an async context manager."""
    async with adapter.producer() if hasattr(adapter, "producer") else contextlib.nullcontext():
        if verb == "produce":
            return await produce(adapter, orders)
        found = adapter.dead() if verb == "dead" else adapter.replay(ids)
        found = await found if inspect.isawaitable(found) else found
        return list(found) if verb == "dead" else found


#: What an adapter has to have, by what it is needed for.
NEEDED = {
    "produce": ("enqueue", "enqueue(job), which has do(*job.args) run some time"),
    "work": ("work", "work(), a worker, for ever"),
}


def main() -> None:
    verb, name, *args = sys.argv[1:]
    adapter = importlib.import_module(name)
    function, meant = NEEDED.get(verb, (verb, f"{verb}()"))
    if not callable(getattr(adapter, function, None)):
        sys.exit(f"it has no {meant}")
    if verb == "work":
        working = adapter.work()
        return asyncio.run(working) if inspect.iscoroutine(working) else None
    orders = {}
    if verb == "produce":
        with open(args.pop(0)) as file:
            orders = json.load(file)
    answer = args.pop(0)
    found = asyncio.run(act(verb, adapter, args, orders))
    with open(answer, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
