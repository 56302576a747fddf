"""The queue and its workers, sampled about ten times a second: one frame drives picture, account and assertion."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

from redis.exceptions import RedisError

from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.fleet import Fleet
from jobqueue.queue import Queue

PERIOD = 0.1
KEPT = 2000  # frames, over three minutes of them; then every other one is forgotten
LEDGER_ROWS = 60
PLACES = ("waiting", "pending", "delayed")


class Recorder:
    """Frames of `queue` and `fleet` since it was made. `on_frame` is given each new one.

    A frame is a dict of plain values: `t` in seconds since the recording began; `waiting`, `pending`, `delayed` by
    tier; `dead`, `done`, `accepted`; `lease` in seconds; `ledger`, the PEL, longest idle first, with idle in seconds;
    `workers`; and `marks`, what was done to them and when.
    """

    def __init__(self, queue: Queue, fleet: Fleet, on_frame: Callable[[dict], None] = lambda frame: None):
        self.queue, self.fleet, self.on_frame = queue, fleet, on_frame
        self.frames: list[dict] = []
        self.marks: list[dict] = []
        self.began = time.monotonic()

    def mark(self, label: str, *, fault: bool = True) -> None:
        """Name this moment: a labelled line in every picture, in the colour of trouble if it is a `fault`."""
        self.marks.append({"t": round(time.monotonic() - self.began, 2), "label": label, "fault": fault})

    async def run(self) -> None:
        """Sample for ever. A server that does not answer is a gap in the recording, not its end."""
        while True:
            with contextlib.suppress(RedisError):
                self.on_frame(await self.sample())
            await asyncio.sleep(PERIOD)

    async def sample(self) -> dict:
        """Take and keep one frame."""
        now = await self.queue.snapshot()
        lease = await self.queue.lease()
        ledger, held = await self._ledger([tier for tier in TIERS if now.tiers[tier].pending])
        self.fleet.read_logs()
        places = {place: {tier: getattr(now.tiers[tier], place) for tier in TIERS} for place in PLACES}
        frame = {
            "t": round(time.monotonic() - self.began, 2),
            **places,
            "dead": now.dead,
            "done": now.done,
            "accepted": now.accepted,
            "lease": lease,
            "ledger": ledger,
            "workers": [self._worker(member, held[member.name]) for member in self.fleet.members.values()],
            "marks": list(self.marks),
        }
        self.frames.append(frame)
        if len(self.frames) > KEPT:
            self.frames = self.frames[::2]
        return frame

    async def _ledger(self, tiers: list[str]) -> tuple[list[dict], Counter[str]]:
        rows, held = [], Counter()
        for tier in tiers:
            stream = self.queue.keys.stream(tier)
            for row in await self.queue.redis.xpending_range(stream, GROUP, "-", "+", 1000):
                worker = row["consumer"].decode()
                held[worker] += 1
                rows.append((row["time_since_delivered"] / 1000, tier, row["message_id"].decode(), worker))
        rows.sort(reverse=True)
        members = self.fleet.members
        ledger = [
            {
                "entry": entry,
                "tier": tier,
                "worker": worker,
                "idle": idle,
                "orphan": worker in members and not members[worker].alive,
            }
            for idle, tier, entry, worker in rows[:LEDGER_ROWS]
        ]
        return ledger, held

    @staticmethod
    def _worker(member, held: int) -> dict:
        state = ("running" if held else "idle") if member.alive else "gone" if member.fired else "dead"
        return {
            "name": member.name,
            "state": state,
            "pid": member.pid,
            "running": held,
            "done": member.done,
            "colour": member.number,
            "shape": member.number,
        }
