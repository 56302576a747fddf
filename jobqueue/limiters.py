"""How fast producers may go. A limiter is one key in Redis, so all producers of a queue share it by its name."""

import math
from typing import TYPE_CHECKING

from jobqueue.errors import BadSetting, RateLimited

if TYPE_CHECKING:  # a limiter needs no more of it than its keys and transitions
    from jobqueue.queue import Queue


class _Bucket:
    kind: str  # part of the key in Redis, so two kinds may share a name

    def __init__(self, queue: "Queue", name: str, rate: float, most: int):
        if not (isinstance(rate, int | float) and math.isfinite(rate) and rate > 0):
            raise BadSetting(f"rate must be a positive number a second, not {rate!r}")
        if not (isinstance(most, int) and most >= 1):
            raise BadSetting(f"a bucket must hold at least 1, not {most!r}")
        self._transitions, self.name, self.rate, self.most = queue.transitions, name, rate, most

    async def _ask(self, room: int) -> float:
        """Take a place in a line with room for `room`; returns the seconds until it comes up; below 0: none."""
        return await self._transitions.run("limit", kind=self.kind, name=self.name, rate=self.rate, room=room) / 1000


class TokenBucket(_Bucket):
    """Lets `rate` per second through on average, and bursts of up to `most`. A queue's producers share it by `name`.

    Use it to limit calls to another service, if short bursts do no harm there.
    """

    kind = "token"

    async def take(self) -> None:
        """Take a token. Raises RateLimited, with the seconds until there is one."""
        wait = await self._ask(self.most - 1)
        if wait < 0:
            raise RateLimited(f"no token left: {self.rate:g} a second, bursts of {self.most}", -wait)


class LeakyBucket(_Bucket):
    """Lets `rate` per second through evenly, whatever the burst. A queue's producers share it by `name`.

    It's a line that moves at a steady pace, with room for `most`. Use it where the load must be smooth.
    """

    kind = "leaky"

    async def take(self) -> float:
        """Take the next place in the line; returns the seconds to wait for it. Raises RateLimited if it is full."""
        wait = await self._ask(self.most)
        if wait < 0:
            raise RateLimited(f"the line is full: {self.most} wait, {self.rate:g} a second go on", -wait)
        return wait
