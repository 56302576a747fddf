"""The reaper: gives the jobs of silent workers to others, and delayed jobs to any worker once they're due.

Each worker runs one, next to its heartbeat.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.keys import GROUP, TIERS, Keys, Tier
from jobqueue.printable import log
from jobqueue.scripts import Transitions
from jobqueue.server.refusals import Refusals, unless_refused

PAGE = 100
PROMOTE_SECONDS = 1.0
FORGET_SECONDS = 60.0

#: The most seconds between looks while nothing is pending. A job fetched meanwhile keeps its lease for longer.
IDLE_SECONDS = 5.0

#: Seconds to wait if a lease had run out but nothing was taken: another reaper came first, or it can't be taken.
IN_VAIN = 0.5


class Reaper:
    """Reaps and promotes for the queue with these `keys`, through `redis`, a client of its own."""

    def __init__(self, redis: Redis, keys: Keys):
        self.keys, self.transitions, self._refusals = keys, Transitions(redis, keys), Refusals()
        self.redis: Any = redis  # redis-py is vague about its replies
        self._connected_at: float | None = None

    async def run(self) -> None:
        """Reap, promote and forget forever, by the clock, because a queue without traffic has orphans, too."""
        async with asyncio.TaskGroup() as loops:
            for act in (self._reap_due, self.promote, self.forget):
                loops.create_task(self._repeat(act))

    async def reap(self) -> int:
        """Take every entry whose lease has run out, once through all tiers; returns how many were taken."""
        # F28: no lock and no leader, so none can outlive its holder. The script decides which reaper gets an entry.
        _, lease, _ = await self.transitions.leases()
        return sum([await self._reap_tier(tier, round(lease * 1000)) for tier in TIERS])

    async def promote(self) -> float:
        """Move the delayed jobs that are due to their tiers; returns seconds until it's worth asking again."""
        moved, next_due_ms, failures = await self.transitions.promote()
        for failure in failures:
            self._refusals.log("a delayed job cannot be promoted", failure)
        if failures or next_due_ms < 0:
            return PROMOTE_SECONDS
        return 0 if moved == PAGE else min(PROMOTE_SECONDS, next_due_ms / 1000)

    async def forget(self) -> float:
        """Delete consumers that have been silent for long and hold nothing; returns seconds until the next time."""
        # F11: each crash leaves a name behind, and Redis never forgets one.
        lease, _, _ = await self.transitions.leases()
        silent_ms = max(round(10_000 * lease), 60_000)
        for tier in TIERS:
            for consumer in await unless_refused(self.redis.xinfo_consumers(self.keys.stream(tier), GROUP)) or ():
                if consumer["pending"] == 0 and consumer["idle"] >= silent_ms:
                    await self.transitions.forget(consumer["name"], silent_ms)
        return FORGET_SECONDS

    async def _repeat(self, act: Callable[[], Awaitable[float]]) -> None:
        """Call `act` again and again, after as many seconds as it returns. An error must not end it."""
        while True:
            try:
                pause = await self._refusals.tolerate("the reaper is refused", act())
            except RedisError:  # Redis is away, and its worker's fetch logs that already
                self._connected_at = pause = None
            await asyncio.sleep(PROMOTE_SECONDS if pause is None else pause)

    async def _reap_due(self) -> float:
        """Reap if a lease has run out; returns seconds until the next one can, or until it's worth looking again."""
        _, lease, soonest = await self.transitions.leases()
        self._connected_at = self._connected_at or time.monotonic()
        # F23: after an outage every entry looks stale, even those of living workers. So let them renew for one lease.
        early = self._connected_at + lease - time.monotonic()
        if early > 0:
            return min(early, IDLE_SECONDS)
        if soonest == 0:
            return 0 if await self.reap() else IN_VAIN
        # F34: the lease alone decides how soon an orphan runs again, not the longest timeout of any job.
        return min(lease + IN_VAIN, IDLE_SECONDS) if soonest is None else soonest

    async def _reap_tier(self, tier: Tier, lease_ms: int) -> int:
        """Take each entry of a tier that has been idle for a lease. If one can't be taken, go on to the next."""
        # F10: `>` never delivers an entry twice, so without this the jobs of a dead worker stay with it.
        # F27: page to the end, because stale entries may hide behind hundreds of fresh ones. By XPENDING IDLE, because
        # XAUTOCLAIM looks at only ten entries for each that it may return, fresh ones included.
        taken, stream, start = 0, self.keys.stream(tier), "-"
        while True:
            looking = self.redis.xpending_range(stream, GROUP, start, "+", PAGE, idle=lease_ms)
            if not (page := await self._refusals.tolerate(f"{tier} cannot be reaped", looking)):
                return taken
            for row in page:
                # A name that isn't UTF-8 isn't one of ours, and must not end the reaper.
                entry, consumer = row["message_id"].decode(), row["consumer"].decode(errors="replace")
                reaping = self.transitions.reap(tier, entry, lease_ms)
                if outcome := await self._refusals.tolerate(f"the entry {entry} of {tier} cannot be reaped", reaping):
                    became = "requeued" if outcome == 1 else "dead"
                    log.info("reaped %s of %s: %s", entry, consumer, became, extra={"event": "reaped", "entry": entry})
                    taken += 1
            start = f"({entry}"
