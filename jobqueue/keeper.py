"""The keeper renews the leases of the jobs that a worker really runs, keeps their time, and runs the reaper."""

import asyncio
import contextlib
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.handler import Fate, Held
from jobqueue.printable import log
from jobqueue.reaper import Reaper
from jobqueue.threads import call_in_thread

if TYPE_CHECKING:  # it imports this module
    from jobqueue.worker import Worker

#: Seconds between looks: is a beat due, is a job's time up, does the worker drain? A look costs no command.
TICK = 0.1


class Keeper:
    """Runs next to `worker`, on a connection of its own, until it's stopped."""

    #: The error that ended it.
    failure: BaseException | None = None

    def __init__(self, worker: "Worker"):
        self.worker = worker
        self.stopped: Future[None] = Future()  # until it's cancelled, in either thread
        self._home = asyncio.get_running_loop()  # the worker's

    def start(self) -> None:
        """Begin, in a thread with a loop of its own."""
        # F33: a thread, because a handler that computes or blocks would stop a heartbeat in its own loop.
        self._ended = call_in_thread(f"keeper of {self.worker.name}", asyncio.run, self.keep())
        self._ended.add_done_callback(self.note_end)

    async def stop(self) -> None:
        """End the thread; returns when it has ended, or after some seconds, because its server may hang."""
        self.stopped.cancel()
        await asyncio.wait([self._ended], timeout=self.worker.patience)
        self._ended.cancel()

    def note_end(self, ended: asyncio.Future[None]) -> None:
        if not ended.cancelled() and (failure := ended.exception()):
            self.failure, name = failure, self.worker.name
            log.critical("the heartbeat of %s stopped: it drains, its jobs will be reaped", name, exc_info=failure)
            self.worker.drain()

    async def keep(self) -> None:
        queue = self.worker.queue
        redis = queue.connect(queue.url)
        roles = [self.beat_forever(redis), self._watch(redis)]
        if self.worker.reap:
            roles.append(Reaper(redis, queue.keys).run())
        tasks = [asyncio.wrap_future(self.stopped), *map(asyncio.create_task, roles)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await redis.aclose()
        for end in ends:
            if isinstance(end, Exception):  # none ends by itself
                raise end

    async def _watch(self, redis: Redis) -> None:
        """Stop each job whose time is up, and end a fetch that's blocked when the worker drains.

        One timer per job would cost as much as the rest of its run.
        """
        while True:
            for held in list(self.worker.runner.held.values()):
                if time.monotonic() >= held.until:
                    self._cancel(held, Fate.TIMED_OUT)
            # F67: when we're told to stop, stop fetching at once; what runs gets its grace.
            if self.worker.draining.is_set():
                with contextlib.suppress(RedisError):  # then the read fails by itself
                    await self.worker.fetcher.unblock(redis)
            await asyncio.sleep(TICK)

    async def beat_forever(self, redis: Redis) -> None:
        """Renew the lease of each held job within its time, and stop each that isn't ours now."""
        transitions, due = self.worker.transitions_type(redis, self.worker.queue.keys), 0.0
        while True:
            # F68: renew only what is held. An entry in a reply that never arrived is pending under us, too, and must
            # run out.
            all_held = [held for held in list(self.worker.runner.held.values()) if time.monotonic() < held.until]
            if all_held and time.monotonic() >= due:
                began = time.monotonic()
                # Don't log a failure here: the worker's own fetch logs it, and the next beat may still be in time.
                with contextlib.suppress(RedisError):
                    lease, replies = await transitions.heartbeat(self.worker.name, [held.job for held in all_held])
                    # F23: three beats per lease, so that one may get lost. F34: so the lease can be short, however long
                    # the job is.
                    due = began + lease / 3
                    for held, renewed in zip(all_held, replies, strict=True):
                        if not renewed:  # F30: the job is another worker's now, or ours under a new entry
                            self._cancel(held, Fate.LOST)
            await asyncio.sleep(TICK)

    def _cancel(self, held: Held, why: Fate) -> None:
        self._home.call_soon_threadsafe(self.worker.runner.cancel, held, why)
