"""This kit: a stream per priority, a new entry per attempt, heartbeats from a thread. It runs with this Python."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

from host import CONCURRENCY, JOB, QUEUE, URL, WORKER, do_async

from jobqueue import Queue, Worker

USES = ["jobqueue-kit", "redis"]
DEAD = "the dead letters, until replayed or discarded"
TUNED = {
    "killed killed_first": {"queue": {"lease": 2}},
    "flood": {"queue": {"capacity": 500}},
    "starvation": {"queue": {"policy": "aging:0.5"}},
    "lease busy poison": {"queue": {"lease": 1}},
    "fails": {"job": {"max_attempts": 2}},
}
GARBAGE = [
    ["XADD", "{jobs}:normal", "*", "body", "garbage"],
    ["XADD", "{jobs}:normal", "*", "id", "spoiled", "attempt", "-9", "max_attempts", "3", "reaped", "0", "body", "{}"],
]
DOCUMENTED = {"killed": "the lease is 30 s by default"}

queue = Queue(URL, capacity={"normal": QUEUE["capacity"]} if "capacity" in QUEUE else None)


@asynccontextmanager
async def producer():
    async with queue:
        if "lease" in QUEUE:
            await queue.set_lease(QUEUE["lease"])
        if "policy" in QUEUE:
            await queue.set_policy(QUEUE["policy"])
        yield


async def enqueue(job):
    await queue.enqueue("do", list(job.args), priority=job.tier, job_id=job.id, **JOB)


async def do(job):
    await do_async(*job.payload)


handlers = {"do": do}


async def work():
    if WORKER:  # options of the command
        options = {"--concurrency": CONCURRENCY, "--url": URL} | WORKER
        words = [str(word) for option in options.items() for word in option]
        os.execv(sys.executable, [sys.executable, "-m", "jobqueue.cli", "worker", "ask_jobqueue:handlers", *words])
    async with queue:
        worker = Worker(queue, handlers, concurrency=CONCURRENCY)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.run()


async def dead():
    return [letter.job_id for letter in await queue.dead.list()]


async def replay(ids):
    await queue.dead.replay(*[letter.letter for letter in await queue.dead.list() if letter.job_id in ids])
