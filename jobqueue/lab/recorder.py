"""The queue and its workers, sampled about ten times a second: one frame drives picture, account and assertion."""

import asyncio
import builtins
import contextlib
import logging
import time
from collections.abc import Callable

from redis.exceptions import RedisError, TimeoutError

from jobqueue.lab.fleet import Fleet, Line
from jobqueue.lab.journal import Event, Journal
from jobqueue.lab.live.frame import NOTHING
from jobqueue.lab.look import Looker, Seen
from jobqueue.lab.recording import Recording
from jobqueue.lab.reel import Events, Reel
from jobqueue.lab.roster import roster
from jobqueue.queue import Queue

log = logging.getLogger("jobqueue")

PERIOD = 0.1
SILENT_PERIODS = 4  # without an answer in so many, the server counts as paused
SKEW_SECONDS = 0.1  # a server's clock that differs by less is our own


class Recorder:
    """Frames and events of `queue` and `fleet` since it was made. `on_frame` is given each new frame.

    A frame is a dict of plain values: `live/frame.py` says which. One is made also while Redis is away, with what was
    seen last; then its `redis` is "down", or "paused".
    """

    def __init__(self, queue: Queue, fleet: Fleet, on_frame: Callable[[dict], None] = lambda frame: None):
        self.queue, self.fleet, self.on_frame = queue, fleet, on_frame
        self.frames = Reel()
        self.marks: list[dict] = []
        self.journal = Journal()
        #: Jobs that producers in this process were refused, as their loads count them.
        self.refused = 0
        #: The watermarks in force, (low, high), for each tier that has some.
        self.capacity: dict[str, tuple[int, int]] = {}
        self.began, self._began_at = time.monotonic(), time.time()
        self._skew = 0.0
        self._looker = Looker(queue)
        self._look: asyncio.Task | None = None
        self._asked_at, self._unanswered = 0.0, 0
        self._server = "up"
        self._seen: dict = {}
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

    def mark(self, label: str, *, fault: bool = True, lasts: bool = False) -> dict:
        """Name this moment: a labelled line in every picture, in the colour of trouble if it is a `fault`.

        Returns the mark. What `lasts` goes on until `end(mark)`: a shade in every picture.
        """
        mark = {"t": round(self.now, 2), "label": label, "fault": fault} | ({"until": None} if lasts else {})
        self.marks.append(mark)
        return mark

    def end(self, mark: dict) -> None:
        """What `mark` told of is over. (A new mark takes its place: frames that were made before do not change.)"""
        for place, known in enumerate(self.marks):
            if known is mark:
                self.marks[place] = mark | {"until": round(self.now, 2)}

    def refuse(self, jobs: int) -> None:
        """So many jobs more were refused."""
        self.refused += jobs

    async def run(self) -> None:
        """Sample for ever."""
        while True:
            due = time.monotonic() + PERIOD
            await self.sample()
            await asyncio.sleep(max(PERIOD / 10, due - time.monotonic()))

    async def sample(self) -> dict:
        """Take and keep one frame; returns within a period, whatever Redis does."""
        async with self._turn:
            seen = await self._ask()
            lines = self.fleet.read_logs()
            events = self.journal.take(seen, 1000 * (self._began_at + self._skew), map(self._event, lines))
            if seen:
                self._seen = seen.fields
                self._ready |= seen.consumers
            frame = self.frames.append(self._frame(), events)
        self._next.set()
        self._next = asyncio.Event()
        self._show(frame)
        return frame

    async def next(self) -> dict:
        """Wait for the next frame."""
        await self._next.wait()
        return self.frames[-1]

    def recording(self) -> Recording:
        """All that was recorded until now."""
        return Recording(self.frames.copy(), list(self.marks), self.events.first + self.journal.missed)

    async def close(self) -> None:
        """End the look that may be under way, and its connection."""
        if self._look:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
        await self._looker.close()

    async def _ask(self) -> Seen | None:
        """Look, or wait on for the look under way; None if no answer has come within a period."""
        if not self._look:
            starting = any(m.alive and m.name not in self._ready for m in self.fleet.members.values())
            self._look = asyncio.create_task(self._looker.look(self.journal.after, consumers=starting))
            self._asked_at, self._unanswered = time.time(), 0
        await asyncio.wait([self._look], timeout=PERIOD)
        if not self._look.done():
            self._unanswered += 1  # no clock tells: a cell that lets nothing else run makes all answers late
            if self._unanswered >= SILENT_PERIODS:
                self._server = "paused"
            return None
        look, self._look = self._look, None
        try:
            seen = look.result()
        except TimeoutError:
            return None
        except (RedisError, OSError):
            self._server = "down"
            return None
        self._server, self._skew = "up", self._skew_of(seen.now_ms / 1000)
        if seen.recorded < 0:  # a server that was flushed, or lost its data: begin again
            await self._record_events()
        return seen

    def _skew_of(self, server: float) -> float:
        """Seconds by which the server's clock is ahead of ours; it told its time after we asked, and before now."""
        skew = server - min(max(server, self._asked_at), time.time())
        return skew if abs(skew) > SKEW_SECONDS else 0.0

    async def _record_events(self) -> None:
        with contextlib.suppress(RedisError, builtins.TimeoutError):
            async with asyncio.timeout(PERIOD):
                await self.queue.record_events()

    def _event(self, line: Line) -> Event:
        what, t = "fetched" if line.event == "started" else line.event, round(line.time - self._began_at, 6)
        return Event(t, what, line.job, line.tier, line.entry, line.worker, line.attempt)

    def _frame(self) -> dict:
        members, seen = self.fleet.members, self._seen
        dead = {name for name, member in members.items() if not member.alive}
        ours = {
            "t": round(self.now, 2),
            "redis": self._server,
            "refused": self.refused,
            "capacity": {tier: list(marks) for tier, marks in self.capacity.items()},
            "ledger": [row | {"orphan": row["worker"] in dead} for row in seen.get("ledger", ())],
            "workers": roster(members.values(), seen.get("pel", {}), self.journal.running.values(), self._ready),
            "marks": list(self.marks),
        }
        return NOTHING | seen | ours

    def _show(self, frame: dict) -> None:
        """A picture that fails must not end the recording."""
        try:
            self.on_frame(frame)
        except Exception:
            log.exception("a picture failed; the recording goes on")
