"""Saying no in time: how deep a tier may get, when it opens again, and when to try again.

A bigger queue doesn't absorb an overload that lasts. It only makes every job wait longer before the same refusal.
"""

from typing import Any

from redis.exceptions import OutOfMemoryError

from jobqueue.errors import BadSetting, QueueFullError, ServerFull
from jobqueue.keys import TIERS, Tier

#: Watermarks of a tier: it closes when its depth reaches the high one, and opens when it has fallen to the low one.
Watermarks = tuple[int, int]

#: Seconds to suggest while the drain rate is unknown, and the bounds of every later suggestion.
UNKNOWN_WAIT, SHORTEST_WAIT, LONGEST_WAIT = 1.0, 0.05, 60.0


def watermarks(tier: Tier, capacity: int | Watermarks | None) -> Watermarks:
    """`capacity` as (low, high). A plain number closes and opens at itself; None is no limit. Raises BadSetting."""
    if tier not in TIERS:
        raise BadSetting(f"capacity names the tier {tier!r}; the tiers are {', '.join(TIERS)}")
    if capacity is None:
        return 0, 0  # how enqueue.lua takes it
    pair: Any = (capacity - 1, capacity) if type(capacity) is int else capacity
    if type(pair) is not tuple or [type(mark) for mark in pair] != [int, int] or not 0 <= pair[0] < pair[1]:
        raise BadSetting(f"the capacity of {tier} must be a number of jobs, or (low, high) with low < high: {pair!r}")
    return pair


def server_full(error: OutOfMemoryError) -> ServerFull:
    """The error for a job that the server has no memory for."""
    return ServerFull(f"the server is out of memory: {error}", retry_after=UNKNOWN_WAIT)


class DrainRate:
    """Estimates when a full tier will have room, from two refusals: how many entries left it in between."""

    def __init__(self) -> None:
        self._before: dict[Tier, tuple[int, int, float]] = {}

    def refuse(self, ticket: dict[str, Any], depth: int, left: int, now_ms: int) -> QueueFullError:
        """The error for a job whose tier is full, `depth` jobs deep."""
        tier, low, high = ticket["tier"], ticket["low"], ticket["high"]
        wait = self.retry_after(tier, depth - low, left, now_ms)
        words = f"the tier {tier} is full: {depth} jobs, capacity {high}, open again at {low}; try in {wait:.1f} s"
        return QueueFullError(words, tier=tier, depth=depth, capacity=high, retry_after=wait)

    def retry_after(self, tier: Tier, excess: int, left: int, now_ms: int) -> float:
        """Seconds until `excess` entries may have left; `left` is how many ever did, at server time `now_ms`."""
        earlier_left, earlier_ms, rate = self._before.get(tier, (left, now_ms, 0.0))
        span_ms = now_ms - earlier_ms
        if 0 < span_ms <= 10_000 and (span_ms >= 1000 or not rate):  # shorter says too little, longer counts idle time
            rate = (left - earlier_left) / span_ms * 1000
        if not 0 <= span_ms < 1000:  # below 0: the server's clock was set back
            earlier_left, earlier_ms = left, now_ms
        self._before[tier] = (earlier_left, earlier_ms, rate)
        wait = excess / rate if rate > 0 else UNKNOWN_WAIT
        return min(LONGEST_WAIT, max(SHORTEST_WAIT, wait))
