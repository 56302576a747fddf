"""The module that an adapter imports as `host`: the address of its Redis, its settings, and the job itself.

Run as a program, it's the harness's hand in a peer's own environment. It uses only Python's standard library.

    python -m host produce ask_rq orders.json answer.json     enqueue jobs
    python -m host work ask_rq                                be a worker, until killed
    python -m host dead ask_rq answer.json                    list the ids of the jobs that the queue has given up
    python -m host replay ask_rq answer.json ID …             give them another life

Every job runs `do` or `do_async`, which notes each start and end in a file. The answers are read there and nowhere
else. Times are time.monotonic(), one clock for all processes.
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

FOLDER = os.environ.get("ASK_FOLDER", ".")
URL = os.environ.get("ASK_URL", "redis://localhost:6379")
#: Jobs that a worker may run at once.
CONCURRENCY = int(os.environ.get("ASK_CONCURRENCY", "1"))
#: The peer's own options for this experiment: of its connection or queue, of its worker, of each job.
_SETTINGS = json.loads(os.environ.get("ASK_SETTINGS", "{}"))
QUEUE, WORKER, JOB = (dict(_SETTINGS.get(part, {})) for part in ("queue", "worker", "job"))


class ProbeJob:
    """A job for an adapter to enqueue: `do(*job.args)`, under the id `job.id` if the queue lets you choose it.

    `job.tier` is its priority: high, normal or low. `tier_was_read` says whether the adapter has asked for it.
    """

    def __init__(self, id: str, kind: str = "sleep", seconds: float = 0.0, tier: str = "normal", pad: str = ""):
        self.id, self.kind, self.seconds, self._tier, self.pad = id, kind, seconds, tier, pad
        self.tier_was_read = False

    @property
    def tier(self):
        self.tier_was_read = True
        return self._tier

    @property
    def args(self):
        return self.id, self.kind, self.seconds, self.pad


class Failure(Exception):
    """Raised by a job of the kind "fail", until its bug is fixed."""


def _open(name: str) -> int:
    return os.open(os.path.join(FOLDER, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


# Opened once: a write to a file opened for appending is one step, whichever processes share it.
_effects, _tally = _open("effects"), _open("tally")


def note(job_id: str, event: str) -> None:
    """Note that something happened to a job, here and now."""
    line = json.dumps([job_id, event, os.getpid(), time.monotonic()])
    os.write(_effects, line.encode() + b"\n")


def _begin(job_id: str, kind: str) -> None:
    if not isinstance(job_id, str):
        raise TypeError(f"a job is run by do(*job.args), the first of which is its id: {str(job_id)[:80]!r} is none")
    note(job_id, "start")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "fail" and not os.path.exists(os.path.join(FOLDER, "fixed")):
        note(job_id, "fail")
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
        note(job_id, "cut off")
        raise
    note(job_id, "end")


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
        note(job_id, "cut off")
        raise
    note(job_id, "end")


async def produce(adapter, orders: dict) -> dict:
    """Enqueue `orders["jobs"]` one by one, `pause` seconds apart.

    Returns the refused ones, how long it took, and whether the adapter looked at a job's tier.
    """
    jobs = [ProbeJob(*job) for job in orders["jobs"]]
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
    took, tiers = time.perf_counter() - began, any(job.tier_was_read for job in jobs)
    return {"refused": refused, "seconds": took, "sent": sent, "tiers": tiers}


async def act(verb: str, adapter, ids: list[str], orders: dict):
    """Do `verb` for the harness, inside the adapter's `producer()` if it has one: an async context manager."""
    async with adapter.producer() if hasattr(adapter, "producer") else contextlib.nullcontext():
        if verb == "produce":
            return await produce(adapter, orders)
        answer = adapter.dead() if verb == "dead" else adapter.replay(ids)
        answer = await answer if inspect.isawaitable(answer) else answer
        return list(answer) if verb == "dead" else answer


#: The functions that an adapter must have, by verb.
NEEDED = {
    "produce": ("enqueue", "enqueue(job), which makes sure that do(*job.args) runs some time"),
    "work": ("work", "work(), a worker that never returns"),
}


def main() -> None:
    verb, name, *args = sys.argv[1:]
    adapter = importlib.import_module(name)
    function, description = NEEDED.get(verb, (verb, f"{verb}()"))
    if not callable(getattr(adapter, function, None)):
        sys.exit(f"it has no {description}")
    if verb == "work":
        working = adapter.work()
        return asyncio.run(working) if inspect.iscoroutine(working) else None
    orders = {}
    if verb == "produce":
        with open(args.pop(0), encoding="utf-8") as file:
            orders = json.load(file)
    path = args.pop(0)
    answer = asyncio.run(act(verb, adapter, args, orders))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
