"""How fast producers may go. A limiter is one key in Redis, so all producers of a queue share it by its name."""

import math

from jobqueue.errors import BadSetting, RateLimited
from jobqueue.queue import Queue


class _Bucket:
    kind: str  # part of the key in Redis, so two kinds may share a name

    def __init__(self, queue: Queue, name: str, rate: float, most: int):
        if not (isinstance(rate, int | float) and 0 < rate < math.inf and isinstance(most, int) and most >= 1):
            raise BadSetting(f"a limiter's rate must be positive, and its most at least 1, not {rate!r} and {most!r}")
        self._transitions, self.name, self.rate, self.most = queue.transitions, name, rate, most

    async def _take(self, room: int, refusal: str) -> float:
        """Take a place in a line with room for `room` callers; returns the seconds until its turn comes."""
        reply = await self._transitions.run("limit", kind=self.kind, name=self.name, rate=self.rate, room=room)
        if reply < 0:
            raise RateLimited(refusal, -reply / 1000)
        return reply / 1000


class TokenBucket(_Bucket):
    """Lets `rate` per second through on average, and bursts of up to `most`. A queue's producers share it by `name`.

    Use it to limit calls to another service, if short bursts do no harm there.
    """

    kind = "token"

    async def take(self) -> None:
        """Take a token. Raises RateLimited, with the seconds until there is one."""
        await self._take(self.most - 1, f"no token left: {self.rate:g} per second, bursts of {self.most}")


class LeakyBucket(_Bucket):
    """Lets `rate` per second through evenly, whatever the burst. A queue's producers share it by `name`.

    It's a line that moves at a steady pace, with room for `most`. Use it where the load must be smooth.
    """

    kind = "leaky"

    async def take(self) -> float:
        """Take the next place in the line; returns the seconds to wait for it. Raises RateLimited if it's full."""
        return await self._take(self.most, f"the line is full: {self.most} wait, and {self.rate:g} per second go on")
