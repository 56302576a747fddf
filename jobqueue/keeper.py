"""The keeper: renews the leases of the jobs that a worker really runs, keeps their time, and reaps, next to it."""

import asyncio
import contextlib
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.handler import Fate, call_in_thread
from jobqueue.printable import log
from jobqueue.reaper import Reaper
from jobqueue.scripts import Transitions

if TYPE_CHECKING:  # it imports this module
    from jobqueue.runner import Held
    from jobqueue.worker import Worker

#: Seconds between looks at the jobs: whether a beat is due, or a job's time is up. A look costs no command.
TICK = 0.1

#: Seconds that a worker waits for the end of its keeper.
STOP_SECONDS = 5.0


class Keeper:
    """Runs next to `worker`, on a connection of its own, until it's stopped."""

    #: The error that ended it.
    failure: BaseException | None = None

    def __init__(self, worker: "Worker"):
        self.worker = worker
        self.stopped: Future[None] = Future()  # unlike an asyncio.Event, another thread may set it
        self._home = asyncio.get_running_loop()  # the worker's

    def start(self) -> None:
        """Begin, in a thread with a loop of its own."""
        # F33: a thread, because a handler that computes or blocks would stop a heartbeat in its own loop.
        self._ended = call_in_thread(f"keeper of {self.worker.name}", asyncio.run, self.keep())
        self._ended.add_done_callback(self._note_end)

    async def stop(self) -> None:
        """End the thread; returns when it has ended, or after some seconds, because its server may hang."""
        self.stopped.set_result(None)
        await asyncio.wait([self._ended], timeout=STOP_SECONDS)
        self._ended.cancel()

    def _note_end(self, ended: asyncio.Future[None]) -> None:
        if not ended.cancelled() and (failure := ended.exception()):
            self.failure, name = failure, self.worker.name
            log.critical("the heartbeat of %s stopped: it drains, its jobs will be reaped", name, exc_info=failure)
            self.worker.drain()

    async def keep(self) -> None:
        queue = self.worker.queue
        redis = queue.connect(queue.url)
        roles = [self.beat_for_ever(redis), self._keep_time()]
        if self.worker.reap:
            roles.append(Reaper(redis, queue.keys).run())
        tasks = [asyncio.create_task(role) for role in roles]
        await asyncio.wait([asyncio.wrap_future(self.stopped), *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await redis.aclose()
        for end in ends:
            if isinstance(end, Exception):  # none ends by itself
                raise end

    async def _keep_time(self) -> None:
        """Stop each job whose time is up. One timer per job would cost as much as the rest of its run."""
        while True:
            for held in list(self.worker.runner.held.values()):
                if time.monotonic() >= held.until:
                    self._cancel(held, Fate.TIMED_OUT)
            await asyncio.sleep(TICK)

    async def beat_for_ever(self, redis: Redis) -> None:
        transitions = self.worker.transitions_type(redis, self.worker.queue.keys)
        due = 0.0
        while True:
            if self.worker.runner.held and time.monotonic() >= due:
                # Don't log a failure here: the worker's own fetch logs it, and the next beat may still be in time.
                began = time.monotonic()
                with contextlib.suppress(RedisError):
                    due = began + await self._beat(transitions)
            await asyncio.sleep(TICK)

    async def _beat(self, transitions: Transitions) -> float:
        """Renew the lease of each held job within its time; stop each that isn't ours now.

        Returns the seconds until the next beat: a third of the lease as it is now; 0 if there was nothing to renew.
        """
        # F68: renew only what is held. An entry in a reply that never arrived is pending under us, too, and must run
        # out.
        all_held = [held for held in list(self.worker.runner.held.values()) if time.monotonic() < held.until]
        if not all_held:
            return 0
        lease, replies = await transitions.heartbeat(self.worker.name, [held.job for held in all_held])
        for held, renewed in zip(all_held, replies, strict=True):
            if not renewed:  # F30: stop the handler, because the job is another worker's now, or ours under a new entry
                self._cancel(held, Fate.LOST)
        # F23: three beats per lease, so that one may get lost. F34: so the lease can be short, however long the job is.
        return lease / 3

    def _cancel(self, held: "Held", why: Fate) -> None:
        self._home.call_soon_threadsafe(self.worker.runner.cancel, held, why)
