"""The lab's own tasks: honest work, and every way to go wrong.

measure  read a file of the standard library: {"source", "pace"} (see library.py)
sleep    wait, as for a disk or a network: {"seconds": 0.1}
compute  keep a core busy: {"seconds": 0.1} of its time
fail     raise an error, in every attempt
flaky    raise an error in the first attempts, and succeed in the next: {"fails": 1}
kill     `kill -9` its own worker, with everything else that's running in it: poison
hang     never end; its timeout ends it
effect   increment a counter in Redis, {"key"}, and then take {"seconds": 0}. It isn't idempotent, so the counter
         shows how often it really happened
"""

import asyncio
import os
import signal
import time
from typing import Any

from jobqueue.job import Job
from jobqueue.lab.course import library
from jobqueue.lab.fleet.raw import raw_client

#: The environment variable with the URL of a worker's Redis, for the one task that needs it.
URL = "JOBQUEUE_MEMBER_URL"


class Failed(Exception):
    """What `fail` and `flaky` raise."""


async def sleep(job: Job) -> float:
    """Wait; returns for how long."""
    seconds: float = _option(job, "seconds", 0.1)
    await asyncio.sleep(seconds)
    return seconds


def compute(job: Job) -> int:
    """Keep a core busy, in a thread; returns how many rounds that took."""
    until, rounds = time.thread_time() + _option(job, "seconds", 0.1), 0
    while time.thread_time() < until:
        rounds += 1
        sum(range(1000))
    return rounds


async def fail(job: Job) -> None:
    """Raise an error, whatever the attempt."""
    raise Failed(f"attempt {job.attempt} failed, as it was asked to")


async def flaky(job: Job) -> int:
    """Fail as often as the payload says; returns the number of the first attempt that succeeded."""
    if job.attempt <= _option(job, "fails", 1):
        await fail(job)
    return job.attempt


async def kill(job: Job) -> None:
    """`kill -9` the worker that runs it. No code of ours runs after that."""
    os.kill(os.getpid(), signal.SIGKILL)


async def hang(job: Job) -> None:
    """Never end."""
    await asyncio.Event().wait()


async def effect(job: Job) -> int:
    """Count in Redis that it happened; returns the new count.

    A worker that's killed in the `seconds` after that, or is too slow, has done it, and another does it again.
    """
    async with raw_client(os.environ[URL]) as redis:
        count = await redis.incr(_option(job, "key", "effect"))
    await asyncio.sleep(_option(job, "seconds", 0))
    return count


def _option(job: Job, name: str, default: Any) -> Any:
    return (job.payload or {}).get(name, default)


HANDLERS = library.HANDLERS | {
    "sleep": sleep,
    "compute": compute,
    "fail": fail,
    "flaky": flaky,
    "kill": kill,
    "hang": hang,
    "effect": effect,
}
