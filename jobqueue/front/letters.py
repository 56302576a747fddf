"""Count the dead letters by tier and reason: those that are there now, and all that ever were."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from jobqueue.dead import PAGE
from jobqueue.keys import TIERS
from jobqueue.queue import Queue
from jobqueue.scripts import PIECES, Transitions
from jobqueue.server.loader import Script, read_lua
from jobqueue.status import pair, to_number

#: Why jobs are given up.
REASONS = ("failed", "timed out", "rejected", "lease ran out", "released too often", "unknown task", "malformed")


#: Numbers of letters by their tier and reason.
Counts = Counter[tuple[str, str]]


class _Scripts(Transitions):
    scripts: Mapping[str, Script] = {
        name: Script(name, source, PIECES, {}) for name, source in read_lua("front/lua").items()
    }


class LetterCounts:
    """Counts the dead letters of `queue`."""

    def __init__(self, queue: Queue):
        self._scripts, self._turn = _Scripts(queue.redis, queue.keys), asyncio.Lock()
        self._start_over()

    def _start_over(self) -> None:
        self._last, self._counts = b"0-0", _zeros()

    async def count(self) -> Counts:
        """Count the letters that are there now.

        It reads only those that came since the last call. If some have left, it counts all of them again.
        """
        async with self._turn:
            if await self._count_on() != self._counts.total():
                self._start_over()
                await self._count_on()
            return self._counts

    async def count_ever(self) -> Counts:
        """Count the letters that ever were. Redis keeps these counts, so all fronts share them.

        A letter that leaves before any front has seen it isn't among them.
        """
        while True:  # page by page, because Redis serves no other client while a script runs
            counted, flat = await self._scripts.run("tally", limit=PAGE)
            if counted < PAGE:
                break
        counts = _zeros()
        for name, number in pair(flat).items():
            tier, _, reason = name.decode(errors="replace").partition(" ")
            if reason:  # the field `after` has none
                counts[_known(tier, reason)] += to_number(number) or 0
        return counts

    async def _count_on(self) -> int:
        """Count the letters after the last one that's counted; returns how many there are."""
        while True:
            total, self._last, *flat = await self._scripts.run("letters", after=self._last, limit=PAGE)
            names = [text.decode(errors="replace") for text in flat]
            for tier, reason in zip(names[::2], names[1::2], strict=True):
                self._counts[_known(tier, reason)] += 1
            if len(names) < 2 * PAGE:
                return total


def _zeros() -> Counts:
    return Counter({(tier, reason): 0 for tier in TIERS for reason in REASONS})


def _known(tier: str, reason: str) -> tuple[str, str]:
    """Fold what's set by hand into "other", so that the number of labels is bounded."""
    return tier if tier in TIERS else "other", reason if reason in REASONS else "other"
