"""Waiting for something to happen in a world, and saying in one line why it never will."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from jobqueue.errors import JobQueueError
from jobqueue.lab.fleet.fleet import Fleet
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recorder import Recorder
from jobqueue.queue import Queue

#: Seconds between two questions of `when`.
ASK_AGAIN = 0.02


class NothingToWaitFor(JobQueueError):
    """Raised by a wait that could not end: no job was enqueued, or no worker is alive."""


class NotInTime(JobQueueError, TimeoutError):
    """Raised by a wait that gives up. A notebook shows it in one line, as every error of the kit."""


class Waits:
    """Waits on what `recorder` shows of `queue` and `fleet`. `require_open` raises once the world is closed."""

    def __init__(self, queue: Queue, fleet: Fleet, recorder: Recorder, require_open: Callable[[], None]):
        self.queue, self.fleet, self.recorder, self.require_open = queue, fleet, recorder, require_open

    async def until(
        self, holds: Callable[[WorldFrame], object], seconds: float = 120.0, *, alone: bool = False
    ) -> WorldFrame:
        """Wait until a frame of the recording satisfies `holds`; returns that frame.

        Raises NothingToWaitFor if every worker that was hired is gone, unless it may happen `alone`, without them;
        NetworkFull if workers can't reach Redis because file descriptors ran out; and NotInTime after `seconds`.
        """
        self.require_open()
        async with self.within(seconds):
            frame = await self.recorder.sample()
            while not holds(frame):
                stuck = "" if alone else self._stuck
                frame = await (self.recorder.sample() if stuck else self.recorder.next())
                if stuck and not holds(frame):
                    raise NothingToWaitFor(stuck)
                self.fleet.network.require_room()
            return frame

    async def when(self, ask: Callable[[], Awaitable[object]], answer: object, seconds: float = 120.0) -> None:
        """Ask until this is the answer: `await world.when(lambda: redis.llen("outbox"), 3)`. Raises as `until`."""
        async with self.within(seconds):
            while await ask() != answer:
                self.require_open()
                self.fleet.network.require_room()
                stuck = self._stuck
                if stuck and await ask() != answer:  # ask again: the last worker may have done it, and then died
                    raise NothingToWaitFor(stuck)
                await asyncio.sleep(ASK_AGAIN)

    async def until_stale(self, milliseconds: float) -> WorldFrame:
        """Wait until every pending entry has been idle for that long; returns the frame that shows it."""
        return await self.until(lambda frame: all(row.idle * 1000 > milliseconds for row in frame.ledger), alone=True)

    async def until_done(self, part: float = 1.0) -> WorldFrame:
        """Wait until this part of the accepted jobs is done or dead; returns the frame that shows it."""
        self.require_open()
        if not (await self.recorder.refresh()).accepted and not (await self.queue.snapshot()).accepted:
            raise NothingToWaitFor("no job was enqueued: run the cell that does it first")
        return await self.until(lambda frame: frame.accepted and frame.done + frame.dead >= part * frame.accepted)

    @contextlib.asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Like asyncio.timeout, but raises NotInTime, which also names the workers that could have helped."""
        try:
            async with asyncio.timeout(seconds) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            crew = ", ".join(map(repr, self.fleet.alive)) or "no worker"
            why = f"this didn't happen within {seconds:g} s; alive now: {crew}"
            raise NotInTime(f"{why}. Run this scene again, from its first cell") from error

    @property
    def _stuck(self) -> str:
        """Why nothing will happen by itself now, or ""."""
        members = self.fleet.members.values()
        if not members or self.fleet.alive:
            return ""
        failures = [member.failure for member in members if member.failure]
        why = "every worker is gone, and jobs are left: hire again, as you did before, then run this cell again"
        return "; ".join([*failures, why])
