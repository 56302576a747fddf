"""Workers with one protection off: what the matrix of chaos.py compares.

One queue of the package for each protection, with that one off, and one with all of them on. A worker process works for
all these queues at once, so that one `kill -9` strikes all of them in the same instant.
"""

import asyncio
import os
import signal

from redis.asyncio import Redis

from jobqueue.errors import RetryLater
from jobqueue.heartbeat import Keeper, KeeperThread
from jobqueue.lab.dials import Dials
from jobqueue.lab.tasks import URL
from jobqueue.queue import Queue
from jobqueue.scripts import SCRIPTS
from jobqueue.worker import Worker

#: What is off, and the failure of the catalogue that it stands against. The last two are not the queue's own, but a
#: matter of how its processes are run: see chaos.py.
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

FENCE = "if not holds(stream, entry, consumer) then"
UNFENCED = SCRIPTS["complete"].text.replace(FENCE, "if false then")


async def work(job):
    """Wait, and fail in the first attempt if that is asked for."""
    await asyncio.sleep(job.payload["seconds"])
    if job.attempt <= job.payload["fails"]:
        raise RetryLater(0.05)


class _NoBeat(Keeper):
    async def _beat_for_ever(self, redis: Redis) -> None:
        await self.stopped.wait()


class _Silent(KeeperThread):
    """A heartbeat that does not beat; the reaper beside it runs."""

    def __init__(self, *args):
        super().__init__(*args)
        self.keeper = _NoBeat(*args)


async def serve(redis: Redis, name: str) -> None:
    """What a worker process runs: one worker of each queue. SIGTERM has all of them drain."""
    queues = [Queue(os.environ[URL], queue_name(off)) for off in PROTECTIONS]
    handlers = {"work": Dials(AT_ONCE * len(queues), name, lambda job: True).around(work)}
    workers = [
        Worker(queue, handlers, concurrency=AT_ONCE, name=name, reap=off != "reaper off")
        for queue, off in zip(queues, PROTECTIONS, strict=True)
    ]

    def drain() -> None:
        for worker in workers:
            worker.drain()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, drain)
    async with asyncio.TaskGroup() as running:
        for worker, off in zip(workers, PROTECTIONS, strict=True):
            if off == "heartbeat off":
                worker.keeper_type = _Silent
            running.create_task(worker.run())
            await asyncio.sleep(0)  # its fetcher is there
            if off == "fence off":
                transitions = worker._fetcher.transitions
                transitions._registered["complete"] = transitions.client.register_script(UNFENCED)


def queue_name(off: str) -> str:
    return off.replace(" ", "-")
