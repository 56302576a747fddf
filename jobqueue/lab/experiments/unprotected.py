"""Workers with one protection off, for the matrix of chaos.py.

There's a queue for each protection, with that one off, and a queue with all of them on. A worker process works for all
these queues at once, so that one `kill -9` hits all of them in the same instant.
"""

import asyncio
import copy
import os
import signal

from redis.asyncio import Redis

from jobqueue.errors import RetryLater
from jobqueue.handler import Handler
from jobqueue.job import Job
from jobqueue.keeper import Keeper
from jobqueue.lab.fleet.dials import Dials
from jobqueue.lab.fleet.tasks import URL
from jobqueue.queue import Queue
from jobqueue.scripts import SCRIPTS, Transitions
from jobqueue.worker import Worker

#: The protection that's off, and the failure of the catalogue that it prevents. The last two aren't the queue's own:
#: they depend on how its processes are run (see chaos.py).
PROTECTIONS = {
    "all on": "",
    "reaper off": "F10",
    "heartbeat off": "F23",
    "fence off": "F24",
    "retries off": "",
    "drain off": "F67",
    "persistence off": "F63",
}

#: Jobs that a worker holds at once.
AT_ONCE = 2

FENCE = "held[entry] ~= stream and not holds(stream, entry, consumer)"
UNFENCED = copy.copy(SCRIPTS["complete"])
UNFENCED.text = UNFENCED.text.replace(FENCE, "false")


async def work(job: Job) -> None:
    """Wait, and fail in the first attempts if the payload says so."""
    await asyncio.sleep(job.payload["seconds"])
    if job.attempt <= job.payload["fails"]:
        raise RetryLater(0.05)


class Silent(Keeper):
    """A keeper that never renews a lease. Its reaper runs."""

    async def beat_forever(self, redis: Redis) -> None:
        await asyncio.Event().wait()


class Unfenced(Transitions):
    """Transitions that record a result although the job's entry has been taken away from its worker."""

    scripts = SCRIPTS | {"complete": UNFENCED}

    async def heartbeat(self, consumer: str, jobs: list[Job]) -> tuple[float, list[bool]]:
        """Renew leases, but hide which ones are lost: else the handler might be stopped just before it returns."""
        lease, _ = await super().heartbeat(consumer, jobs)
        return lease, [True] * len(jobs)


async def serve(redis: Redis, name: str, rows: list[str]) -> None:
    """Run one worker for the queue of each row, all in this process. SIGTERM makes all of them drain."""
    queues = [Queue(os.environ[URL], queue_name(off)) for off in rows]
    shared = queues[0].connect(queues[0].url).client()
    for queue in queues:  # a worker asks its queue itself for little, and file descriptors may be few
        queue.redis = shared
    handlers = {"work": Dials(AT_ONCE * len(queues), name, lambda job: True).around(work)}
    workers = [_worker(off, queue, handlers, name) for queue, off in zip(queues, rows, strict=True)]

    def drain() -> None:
        for worker in workers:
            worker.drain()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, drain)
    async with asyncio.TaskGroup() as running:
        for worker in workers:
            running.create_task(worker.run())


def _worker(off: str, queue: Queue, handlers: dict[str, Handler], name: str) -> Worker:
    worker = Worker(queue, handlers, concurrency=AT_ONCE, name=name, reap=off != "reaper off")
    if off == "heartbeat off":
        worker.keeper_type = Silent
    if off == "fence off":
        worker.transitions_type = Unfenced
    return worker


def queue_name(off: str) -> str:
    return off.replace(" ", "-")
