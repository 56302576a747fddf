"""Count the dead letters by tier and reason."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from jobqueue.dead import PAGE
from jobqueue.keys import TIERS
from jobqueue.queue import Queue
from jobqueue.scripts import PIECES, Transitions
from jobqueue.server.loader import Script, read_lua

#: Why jobs are given up. A letter with another tier or reason, set by hand, counts as "other".
REASONS = ("failed", "timed out", "rejected", "lease ran out", "released too often", "unknown task", "malformed")


class _Scripts(Transitions):
    scripts: Mapping[str, Script] = {"letters": Script("letters", read_lua("front/lua")["letters"], PIECES, {})}


class LetterCounts:
    """The numbers of dead letters by tier and reason, as of the last `update`.

    An update reads only the letters that came since the one before. If some have left, it counts all of them again.
    """

    def __init__(self, queue: Queue):
        self._scripts, self._turn = _Scripts(queue.redis, queue.keys), asyncio.Lock()
        self._start_over()

    def _start_over(self) -> None:
        self._last = b"0-0"
        self.counts: Counter[tuple[str, str]] = Counter({(tier, reason): 0 for tier in TIERS for reason in REASONS})

    async def update(self) -> Counter[tuple[str, str]]:
        async with self._turn:
            if await self._count_on() != self.counts.total():
                self._start_over()
                await self._count_on()
            return self.counts

    async def _count_on(self) -> int:
        """Count the letters after the last one that's counted; returns how many there are."""
        while True:  # page by page, because Redis serves no other client while a script runs
            total, self._last, *flat = await self._scripts.run("letters", after=self._last, limit=PAGE)
            names = [text.decode(errors="replace") for text in flat]
            for tier, reason in zip(names[::2], names[1::2], strict=True):
                self.counts[tier if tier in TIERS else "other", reason if reason in REASONS else "other"] += 1
            if len(names) < 2 * PAGE:
                return total
