"""The reaper: gives the jobs of silent workers to others, and the delayed jobs that are due to anyone.

Each worker runs one, beside its heartbeat. They need no leader and no lock: whoever comes second to an entry finds
nothing to do, because each script looks and moves in one step.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from jobqueue.keys import GROUP, TIERS, Keys, Tier
from jobqueue.scripts import Transitions
from jobqueue.shared import read_lease

log = logging.getLogger("jobqueue")

PAGE = 100
PROMOTE_SECONDS = 1.0
FORGET_SECONDS = 60.0


class Reaper:
    """Reaps and promotes for the queue with these `keys`, through `redis`, a client of its own."""

    def __init__(self, redis: Redis, keys: Keys):
        self.redis, self.keys = redis, keys
        self.transitions = Transitions(redis, keys)
        self._forget_at = self._lease = 0.0

    async def reap(self) -> int:
        """Take every entry whose lease has run out, once through all tiers; returns how many were taken."""
        self._lease = await read_lease(self.redis, self.keys)
        lease_ms, taken = round(self._lease * 1000), 0
        for tier in TIERS:
            async for entry, consumer in self._stale(tier, lease_ms):
                outcome = await self.transitions.reap(tier, entry, lease_ms)
                if outcome:
                    taken += 1
                    what = "requeued" if outcome == 1 else "dead"
                    log.info("reaped %s of %s: %s", entry, consumer, what, extra={"event": "reaped", "entry": entry})
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            await self._forget_the_gone(lease_ms)
        return taken

    async def promote(self) -> float:
        """Move the delayed jobs that are due to their tiers; returns seconds until it is worth asking again."""
        moved, next_due_ms = await self.transitions.promote()
        if moved == PAGE or next_due_ms == 0:
            return 0
        return PROMOTE_SECONDS if next_due_ms < 0 else min(PROMOTE_SECONDS, next_due_ms / 1000)

    async def run(self) -> None:
        """Reap and promote for ever, by the clock: a queue without traffic has its orphans too."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._reap_for_ever())
            loops.create_task(self._promote_for_ever())

    async def _stale(self, tier: Tier, lease_ms: int) -> AsyncIterator[tuple[str, str]]:
        """(entry, consumer) of what is idle for a lease, in pages: some hundreds may hide behind others that are not.

        XPENDING IDLE and not XAUTOCLAIM, which looks at ten entries for each it may return, fresh ones included.
        """
        start = "-"
        while True:
            try:
                stream = self.keys.stream(tier)
                page: Any = await self.redis.xpending_range(stream, GROUP, start, "+", PAGE, idle=lease_ms)
            except ResponseError as error:
                if str(error).startswith("NOGROUP"):  # a fetching worker creates the group again
                    return
                raise
            for row in page:
                # A name that is no text is none of ours, and must not end the reaper.
                yield row["message_id"].decode(), row["consumer"].decode(errors="replace")
            if len(page) < PAGE:
                return
            start = "(" + page[-1]["message_id"].decode()

    async def _forget_the_gone(self, lease_ms: int) -> None:
        """Delete consumers long silent and holding nothing, or crashes would pile up names for ever."""
        silent_ms = max(10 * lease_ms, 60_000)
        for tier in TIERS:
            try:
                consumers = await self.redis.xinfo_consumers(self.keys.stream(tier), GROUP)
            except ResponseError:
                continue
            for consumer in consumers:
                if consumer["pending"] == 0 and consumer["idle"] >= silent_ms:
                    await self.transitions.forget(consumer["name"], silent_ms)

    async def _reap_for_ever(self) -> None:
        connected = False
        while True:
            try:
                if connected:
                    await self.reap()
                    await asyncio.sleep(self._lease / 3)
                else:  # after an outage every entry looks stale, the living workers' too: first let them renew
                    await asyncio.sleep(await read_lease(self.redis, self.keys))
                    connected = True
            except RedisError:
                connected = False
                await asyncio.sleep(PROMOTE_SECONDS)

    async def _promote_for_ever(self) -> None:
        while True:
            try:
                await asyncio.sleep(await self.promote())
            except RedisError:
                await asyncio.sleep(PROMOTE_SECONDS)
