"""Saying no in time: how deep a tier may get, when it opens again, and how fast producers may go.

A bigger queue does not absorb an overload that lasts; it only makes everyone wait longer before the same refusal.
"""

import math
from typing import TYPE_CHECKING, TypeGuard

from jobqueue.errors import BadSetting, RateLimited
from jobqueue.keys import TIERS, Tier

if TYPE_CHECKING:  # it imports this module
    from jobqueue.queue import Queue

#: Watermarks of a tier: it closes when its depth reaches the high one, and opens when it has fallen to the low one.
Watermarks = tuple[int, int]

#: No limit, as the enqueue script has it.
UNBOUNDED: Watermarks = (0, 0)

#: Seconds to suggest before any drain was seen, and the bounds of every later suggestion.
UNKNOWN_WAIT, SHORTEST_WAIT, LONGEST_WAIT = 1.0, 0.05, 60.0


def watermarks(capacity: dict[Tier, int | Watermarks] | None) -> dict[Tier, Watermarks]:
    """`capacity` as (low, high) for each tier. A plain number closes and opens at itself. Raises BadSetting."""
    found = dict.fromkeys(TIERS, UNBOUNDED)
    for tier, given in (capacity or {}).items():
        if tier not in TIERS:
            raise BadSetting(f"capacity names the tier {tier!r}; the tiers are {', '.join(TIERS)}")
        low, high = (given - 1, given) if _is_count(given) else given if _is_pair(given) else UNBOUNDED
        if not 0 <= low < high:
            raise BadSetting(
                f"the capacity of {tier} must be a number of jobs, or (low, high) with low < high: {given!r}"
            )
        found[tier] = (low, high)
    return found


def _is_count(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool)


def _is_pair(given: object) -> TypeGuard[Watermarks]:
    return isinstance(given, tuple) and len(given) == 2 and all(map(_is_count, given))


class DrainRate:
    """Estimates when a full tier will have room, from two refusals: how many entries left it in between."""

    def __init__(self) -> None:
        self._before: dict[Tier, tuple[int, int, float]] = {}

    def retry_after(self, tier: Tier, excess: int, left: int, now_ms: int) -> float:
        """Seconds until `excess` entries may have left; `left` is how many ever did, at server time `now_ms`."""
        earlier_left, earlier_ms, rate = self._before.get(tier, (left, now_ms, 0.0))
        span_ms = now_ms - earlier_ms
        if span_ms > 0 and (span_ms >= 1000 or not rate):  # shorter spans say little: better the last whole second
            rate = (left - earlier_left) / span_ms * 1000
        if not 0 <= span_ms < 1000:  # below 0: the server's clock was set back
            earlier_left, earlier_ms = left, now_ms
        self._before[tier] = (earlier_left, earlier_ms, rate)
        wait = excess / rate if rate > 0 else UNKNOWN_WAIT
        return min(LONGEST_WAIT, max(SHORTEST_WAIT, wait))


class _Bucket:
    kind: str  # of what is kept in Redis: two kinds may share a name

    def __init__(self, queue: "Queue", name: str, rate: float, most: int):
        if not (isinstance(rate, int | float) and math.isfinite(rate) and rate > 0):
            raise BadSetting(f"rate must be a positive number a second, not {rate!r}")
        if not (isinstance(most, int) and most >= 1):
            raise BadSetting(f"a bucket must hold at least 1, not {most!r}")
        self._transitions, self._key = queue.transitions, queue.keys.bucket(self.kind, name)
        self.rate, self.most = rate, most

    async def _ask(self) -> float:
        return await self._transitions.run(self.kind + "_bucket", [self._key], [self.rate, self.most]) / 1000


class TokenBucket(_Bucket):
    """Lets `rate` a second through on average, and bursts of up to `most`: all producers of a queue share it by `name`.

    For a limit on what may be asked of something else, when short bursts do no harm.
    """

    kind = "token"

    async def take(self) -> None:
        """Take a token. Raises RateLimited, with the seconds until there is one."""
        if wait := await self._ask():
            raise RateLimited(f"no token left: {self.rate:g} a second, bursts of {self.most}", wait)


class LeakyBucket(_Bucket):
    """Lets `rate` a second through evenly, whatever the burst: all producers of a queue share it by `name`.

    A line that moves at a steady pace, in which up to `most` may stand. For what must be smooth.
    """

    kind = "leaky"

    async def take(self) -> float:
        """Take the next place in the line; returns the seconds to wait for it. Raises RateLimited if it is full."""
        wait = await self._ask()
        if wait < 0:
            raise RateLimited(f"the line is full: {self.most} wait, {self.rate:g} a second go on", -wait)
        return wait
