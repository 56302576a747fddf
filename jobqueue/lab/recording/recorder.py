"""Samples the queue and its workers about ten times per second: one frame for picture, account and assertion."""

import asyncio
import builtins
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace
from redis.exceptions import RedisError, TimeoutError

from jobqueue.lab.fleet.members import LogLine
from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.fleet.roster import roster
from jobqueue.lab.recording.frame import NOTHING, Event, Mark, WorldFrame
from jobqueue.lab.recording.journal import Journal
from jobqueue.lab.recording.look import Look, Looker
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.recording.storage import Events, Reel
from jobqueue.queue import Queue

log = logging.getLogger("jobqueue")

PERIOD = 0.1
SILENT_PERIODS = 4  # without an answer for this long, the server counts as paused
SKEW_SECONDS = 0.1  # if the server's clock differs by less, it's the same clock as ours


class Recorder:
    """Frames and events of `queue` and `fleet` since it was made. `on_frame` is called with each new frame.

    There are frames while Redis is away, too: they show what was read last, and their `redis` is "down" or "paused".
    """

    def __init__(self, queue: Queue, fleet: Processes, on_frame: Callable[[WorldFrame], None] = lambda frame: None):
        self.queue, self.fleet, self.on_frame = queue, fleet, on_frame
        self.frames = Reel()
        self.marks: list[Mark] = []
        self.journal = Journal()
        #: How many jobs of producers in this process were refused, as their loads count them.
        self.refused = 0
        #: The watermarks in force, (low, high), of the tiers that have them.
        self.capacity: dict[str, tuple[int, int]] = {}
        self.began, self._began_at = time.monotonic(), time.time()
        self._skew = 0.0
        self._looker = Looker(queue)
        self._look: asyncio.Task[Look] | None = None
        self._asked_at, self._unanswered = 0.0, 0
        self._server: Literal["up", "down", "paused"] = "up"
        self._latest = NOTHING  # what the last look read of Redis
        self._ready: set[str] = set()
        self._turn, self._next = asyncio.Lock(), asyncio.Event()

    @property
    def events(self) -> Events:
        """Every transition until now."""
        return self.frames.events

    @property
    def now(self) -> float:
        """Seconds since the recording began."""
        return round(time.monotonic() - self.began, 3)

    def mark(self, label: str, *, fault: bool = True, lasts: bool = False) -> Mark:
        """Name this moment: a labelled line in every picture, in the colour of trouble if it's a `fault`.

        Returns the mark. If it `lasts`, every picture shades the time until `end(mark)`.
        """
        t = round(self.now, 2)
        mark = Mark(t, label, fault, None) if lasts else Mark(t, label, fault)
        self.marks.append(mark)
        return mark

    def end(self, mark: Mark) -> None:
        """End what `mark` began. (A new mark takes its place, so frames that were made before don't change.)"""
        for place, known in enumerate(self.marks):
            if known is mark:
                self.marks[place] = replace(mark, until=round(self.now, 2))

    def refuse(self, jobs: int) -> None:
        """Count jobs that were refused."""
        self.refused += jobs

    def show(self, own: tuple[str, ...]) -> None:
        """Have frames show these keys of a learner's own, too."""
        self._looker.own = own

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            due = time.monotonic() + PERIOD
            await self.sample()
            await asyncio.sleep(max(PERIOD / 10, due - time.monotonic()))

    async def sample(self) -> WorldFrame:
        """Take and keep one frame; returns within a period, with or without an answer from Redis: see `refresh`."""
        async with self._turn:
            look = await self._ask()
            lines = self.fleet.read_logs()
            events = self.journal.take(look, 1000 * (self._began_at + self._skew), map(self._event, lines))
            if look:
                self._latest = look.frame
                self._ready |= look.consumers
            frame = self.frames.append(self._frame(), events)
        self._next.set()
        self._next = asyncio.Event()
        self._show(frame)
        return frame

    async def refresh(self) -> WorldFrame:
        """Take a frame that shows what Redis answered after this call. On a busy machine that may take some samples.

        While Redis is down or paused, the frame shows what was read last.
        """
        asked = time.time()
        while True:
            frame = await self.sample()
            if self._server != "up" or (self._look is None and self._asked_at >= asked):
                return frame

    async def next(self) -> WorldFrame:
        """Wait for the next frame."""
        await self._next.wait()
        return self.frames[-1]

    def recording(self) -> Recording:
        """Everything recorded until now."""
        return Recording(self.frames.copy(), list(self.marks), self.events.first + self.journal.missed)

    async def close(self) -> None:
        """End the look that may be under way, and close its connection."""
        try:
            if self._look:
                self._look.cancel()
                await asyncio.gather(self._look, return_exceptions=True)
        finally:
            await self._looker.close()

    async def _ask(self) -> Look | None:
        """Look, or keep waiting for the look under way; None if no answer has come within a period."""
        if not self._look:
            starting = any(m.alive and m.name not in self._ready for m in self.fleet.members.values())
            self._look = asyncio.create_task(self._looker.look(self.journal.after, consumers=starting))
            self._asked_at, self._unanswered = time.time(), 0
        await asyncio.wait([self._look], timeout=PERIOD)
        if not self._look.done():
            self._unanswered += 1  # a clock would mislead: a cell that lets nothing else run makes all answers late
            if self._unanswered >= SILENT_PERIODS:
                self._server = "paused"
            return None
        answered, self._look = self._look, None
        try:
            look = answered.result()
        except TimeoutError:
            return None
        except (RedisError, OSError):
            self._server = "down"
            return None
        self._server, self._skew = "up", self._skew_of(look.now_ms / 1000)
        if look.recorded < 0:  # the server was flushed, or lost its data: start over
            await self._record_events()
        return look

    def _skew_of(self, server: float) -> float:
        """Seconds by which the server's clock is ahead of ours. Its time was read after we asked, and before now."""
        skew = server - min(max(server, self._asked_at), time.time())
        return skew if abs(skew) > SKEW_SECONDS else 0.0

    async def _record_events(self) -> None:
        with contextlib.suppress(RedisError, builtins.TimeoutError):
            async with asyncio.timeout(PERIOD):
                await self.queue.record_events()

    def _event(self, line: LogLine) -> Event:
        name, t = "fetched" if line.event == "started" else line.event, round(line.time - self._began_at, 6)
        return Event(t, name, line.job, line.tier, line.entry, line.worker, line.attempt)

    def _frame(self) -> WorldFrame:
        members, latest = self.fleet.members, self._latest
        dead = {name for name, member in members.items() if not member.alive}
        return replace(
            latest,
            t=round(self.now, 2),
            redis=self._server,
            refused=self.refused,
            capacity=dict(self.capacity),
            ledger=[replace(row, orphan=True) if row.worker in dead else row for row in latest.ledger],
            workers=roster(members.values(), latest.pel, self.journal.running.values(), self._ready),
            marks=list(self.marks),
        )

    def _show(self, frame: WorldFrame) -> None:
        """Show a frame. A picture that fails must not end the recording."""
        try:
            self.on_frame(frame)
        except Exception:
            log.exception("a picture failed; the recording goes on")
