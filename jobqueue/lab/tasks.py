"""The lab's own tasks: what a job may be asked to do, honest work and every way of going wrong.

measure  read a file of the standard library: {"source", "pace"} (see library.py)
sleep    wait, as for a disk or a network: {"seconds": 0.1}
compute  keep a core busy: {"seconds": 0.1} of its time
fail     raise an error, in every attempt
flaky    raise an error in the first attempts, and be done in the next: {"fails": 1}
kill     kill its own worker by kill -9, and whatever else that was doing: poison
hang     never end; its timeout ends it
effect   increment a counter in Redis, {"key"}, and then take {"seconds": 0}: it is not idempotent, so that the counter
         shows how often it really happened
"""

import asyncio
import os
import signal
import time

from jobqueue.job import Job
from jobqueue.lab import library
from jobqueue.lab.raw import raw_client

#: Where a worker's Redis is: the environment tells the one task that needs to know.
URL = "JOBQUEUE_MEMBER_URL"


class Failed(Exception):
    """What `fail` and `flaky` raise."""


async def sleep(job: Job) -> float:
    """Wait; returns for how long."""
    await asyncio.sleep(seconds := _of(job, "seconds", 0.1))
    return seconds


def compute(job: Job) -> int:
    """Keep a core busy, in a thread; returns how many rounds that took."""
    until, rounds = time.thread_time() + _of(job, "seconds", 0.1), 0
    while time.thread_time() < until:
        rounds += 1
        sum(range(1000))
    return rounds


async def fail(job: Job) -> None:
    """Raise an error, whatever the attempt."""
    raise Failed(f"attempt {job.attempt} failed, as it was asked to")


async def flaky(job: Job) -> int:
    """Fail as often as it is told to; returns the attempt that was the first to succeed."""
    if job.attempt <= _of(job, "fails", 1):
        await fail(job)
    return job.attempt


async def kill(job: Job) -> None:
    """kill -9 of the worker that runs it: none of its own code can say a word."""
    os.kill(os.getpid(), signal.SIGKILL)


async def hang(job: Job) -> None:
    """Never end."""
    await asyncio.Event().wait()


async def effect(job: Job) -> int:
    """Count in Redis that it happened; returns the new count. Whoever is killed in the `seconds` after it, or is too
    slow, has done it, and it will be done again.
    """
    async with raw_client(os.environ[URL]) as redis:
        count = await redis.incr(_of(job, "key", "effect"))
    await asyncio.sleep(_of(job, "seconds", 0))
    return count


def _of(job: Job, name: str, default):
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
