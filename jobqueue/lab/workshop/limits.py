"""How fast one learner, or one address, may ask: a token bucket for each, in memory.

A whole class may share one address, so an address may do much more than a learner.
"""

import time
from collections.abc import Callable

from jobqueue.lab.workshop.state import Rejected


class Allowance:
    """Lets each key do `rate` things per second on average, and `most` at once."""

    #: Keys that are remembered. The one that has been quiet longest is forgotten first.
    KEYS = 4096

    def __init__(self, rate: float, most: int, clock: Callable[[], float] = time.monotonic):
        self.rate, self.most, self._clock = rate, most, clock
        self._full_at: dict[str, float] = {}  # key → when its bucket is full again, the latest key last

    def take(self, key: str) -> None:
        """Take a token of `key`. Raises Rejected, with the seconds until there is one."""
        now = self._clock()
        full_at = max(self._full_at.pop(key, now), now) + 1 / self.rate
        wait = full_at - now - self.most / self.rate
        self._full_at[key] = full_at if wait <= 0 else full_at - 1 / self.rate
        if len(self._full_at) > self.KEYS:
            del self._full_at[next(iter(self._full_at))]
        if wait > 0:
            raise Rejected(429, "too fast: wait a moment", retry_after=wait)
