"""The heartbeat: renews the leases of what a worker really runs, from a thread a busy handler cannot starve."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.job import Job
from jobqueue.queue import Queue
from jobqueue.reaper import Reaper
from jobqueue.scripts import Transitions
from jobqueue.shared import read_lease

#: A lease that is shortened for a running fleet must reach every heartbeat before it runs out.
LONGEST_PAUSE = 0.3

#: Seconds between looks at whether a beat is due. A look costs no command.
TICK = 0.1

log = logging.getLogger("jobqueue")


class Held(msgspec.Struct):
    """A job this worker holds: fetched, and not settled yet."""

    job: Job
    #: time.monotonic() after which the heartbeat stops: a handler that hangs must not hold its lease for ever.
    until: float
    task: asyncio.Task[None] | None = None
    #: Whether its handler has not ended yet.
    running: bool = True
    #: Why the worker itself cancelled the handler: runner.LOST_LEASE or runner.DRAINED.
    cancelled: str | None = None


async def beat(transitions: Transitions, consumer: str, held: Mapping[Any, Held], lost: Callable[[Job], None]) -> None:
    """Renew the lease of each held job within its time; call `lost(job)` for each that is not ours any more.

    Only what is held: an entry delivered in a reply that never arrived is pending under us as well, and must run out.
    """
    jobs = [one.job for one in list(held.values()) if time.monotonic() < one.until]
    if jobs:
        for job, renewed in zip(jobs, await transitions.heartbeat(consumer, jobs), strict=True):
            if not renewed:
                lost(job)


class Keeper:
    """What goes on beside a worker, on a connection of its own: it beats, and runs the reaper, until `stopped`."""

    #: What ended it, if it was not `stopped`.
    failure: Exception | None = None

    def __init__(
        self,
        queue: Queue,
        consumer: str,
        held: Mapping[Any, Held],
        lost: Callable[[Job], None],
        failed: Callable[[], None],
        reap: bool,
    ):
        self.queue, self.consumer, self.held, self.reap = queue, consumer, held, reap
        self.lost, self.failed = lost, failed
        self.stopped = asyncio.Event()

    async def keep(self) -> None:
        redis = self.queue.connect(self.queue.url)
        roles = [self._beat_for_ever(redis), self.stopped.wait()]
        if self.reap:
            roles.append(Reaper(redis, self.queue.keys).run())
        tasks = [asyncio.create_task(role) for role in roles]
        ended, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await redis.aclose()
        for task in ended:
            task.result()  # none should have ended by itself, unless it failed

    async def _beat_for_ever(self, redis: Redis) -> None:
        transitions = Transitions(redis, self.queue.keys)
        due = 0.0
        while True:
            if self.held and time.monotonic() >= due:
                # A failure here is not worth a word: the worker's own fetch says it, and the next beat may still come.
                with contextlib.suppress(RedisError):
                    due = time.monotonic() + min(LONGEST_PAUSE, await read_lease(redis, self.queue.keys) / 3)
                    await beat(transitions, self.consumer, self.held, self.lost)
            await asyncio.sleep(TICK)


class KeeperThread(threading.Thread):
    """The thread in which a Keeper, made from `args`, has a loop of its own."""

    def __init__(self, queue: Queue, consumer: str, *args: Any):
        super().__init__(name=f"keeper of {consumer}", daemon=True)
        self.keeper = Keeper(queue, consumer, *args)
        self.loop = asyncio.new_event_loop()

    @property
    def failure(self) -> Exception | None:
        return self.keeper.failure

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            try:
                runner.run(self.keeper.keep())
            except Exception as error:
                consumer = self.keeper.consumer
                log.critical("the heartbeat of %s stopped: it drains, its jobs will be reaped", consumer, exc_info=True)
                self.keeper.failure = error
                self.keeper.failed()

    async def stop(self) -> None:
        """End the thread; returns when it has ended."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended already
            self.loop.call_soon_threadsafe(self.keeper.stopped.set)
        await asyncio.to_thread(self.join)
