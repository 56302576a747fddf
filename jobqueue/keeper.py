"""The keeper: renews the leases of the jobs that a worker really runs, and reaps, next to it."""

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.failure import LOST_LEASE
from jobqueue.printable import log
from jobqueue.reaper import Reaper
from jobqueue.scripts import Transitions

if TYPE_CHECKING:  # it imports this module
    from jobqueue.worker import Worker

#: Seconds between looks at whether a beat is due. A look costs no command.
TICK = 0.1

#: Seconds that a worker waits for the end of its keeper.
STOP_SECONDS = 5.0


class Keeper:
    """Runs next to `worker`, on a connection of its own: it beats, and runs the reaper, until `stopped`."""

    #: The error that ended it, if it wasn't `stopped`.
    failure: Exception | None = None

    def __init__(self, worker: "Worker"):
        self.worker, self.stopped = worker, asyncio.Event()
        self._home = asyncio.get_running_loop()  # the worker's

    def start(self) -> None:
        """Begin, in a thread with a loop of its own."""
        # F33: a thread, because a handler that computes or blocks would stop a heartbeat in its own loop.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"keeper of {self.worker.name}", daemon=True)
        self._thread.start()

    async def keep(self) -> None:
        queue = self.worker.queue
        redis = queue.connect(queue.url)
        roles = [self.beat_for_ever(redis), self.stopped.wait()]
        if self.worker.reap:
            roles.append(Reaper(redis, queue.keys).run())
        tasks = [asyncio.create_task(role) for role in roles]
        ended, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await redis.aclose()
        for task in ended:
            task.result()  # raises what it failed with, since none ends by itself

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
                self._home.call_soon_threadsafe(self.worker.runner.cancel, held, LOST_LEASE)
        # F23: three beats per lease, so that one may get lost. F34: so the lease can be short, however long the job is.
        return lease / 3

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self.keep())
            except Exception as error:
                name = self.worker.name
                log.critical("the heartbeat of %s stopped: it drains, its jobs will be reaped", name, exc_info=True)
                self.failure = error
                self._home.call_soon_threadsafe(self.worker.drain)

    async def stop(self) -> None:
        """End the thread; returns when it has ended, or after some seconds, because its server may hang.

        It doesn't use to_thread(join), because handlers that hang may have taken all the threads that to_thread has.
        """
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended already
            self._loop.call_soon_threadsafe(self.stopped.set)
        deadline = time.monotonic() + STOP_SECONDS
        while self._thread.is_alive() and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
