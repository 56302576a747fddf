"""What happens to the bytes between one worker of a tab and its Redis: all that bad networks do, on request.

The workers of a notebook have a process with proxies for that (fleet/proxy.py). A tab's have objects of the same words.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from jobqueue.lab.fleet.proxy import REPLIES, REQUESTS, LineFaults, strike


class TabProxy(LineFaults):
    """What the connections of one worker suffer. `delay`, `rate` and `swallows` are those of `fleet.proxy.Proxy`.

    `on_lost` is called at each lost reply.
    """

    def __init__(self) -> None:
        #: All that are open, or were.
        self.connections: list[TabConnection] = []
        self.on_lost: Callable[[], object] = lambda: None
        self.pass_all()

    def cut(self) -> None:
        """Cut all connections. The worker notices, and connects again."""
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    def heal(self) -> None:
        """Let everything pass again. Cut connections with holes in them."""
        self.pass_all()
        for connection in self.connections:
            if connection.has_holes:
                connection.abort()


class TabConnection:
    """A connection through `proxy`. `send_on` takes the bytes for Redis, `deliver` the replies, and `abort` cuts it."""

    def __init__(
        self,
        proxy: TabProxy,
        send_on: Callable[[bytes], object],
        deliver: Callable[[bytes], object],
        abort: Callable[[], object],
    ):
        self.proxy, self.abort = proxy, abort
        self.has_holes = False  # something that should have passed didn't, so the rest can't be understood
        self._loses_next_reply = False
        self._requests, self._replies = _Way(proxy, send_on), _Way(proxy, deliver)
        proxy.connections.append(self)

    def send(self, data: bytes) -> None:
        """Take what the worker sends."""
        self._loses_next_reply |= strike(self.proxy.to_lose, data)
        self._pass(REQUESTS, self._requests, data)

    def receive(self, data: bytes) -> None:
        """Take what Redis replies."""
        if self._loses_next_reply or strike(self.proxy.replies_to_lose, data):
            self.proxy.on_lost()
            self.abort()
        else:
            self._pass(REPLIES, self._replies, data)

    def _pass(self, name: str, way: "_Way", data: bytes) -> None:
        if name in self.proxy.swallows:
            self.has_holes = True
        else:
            way.take(data)


class _Way:
    """One way of a connection: all comes out in order, as late as the proxy says."""

    def __init__(self, proxy: TabProxy, deliver: Callable[[bytes], object]):
        self.proxy, self.deliver = proxy, deliver
        self._under_way: deque[bytes] = deque()
        self._free = self._due = 0.0  # when the next bytes may go in, and when the last ones come out

    def take(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._free = max(self._free, now := loop.time()) + (len(data) / self.proxy.rate if self.proxy.rate else 0)
        self._due = max(self._due, self._free + self.proxy.delay)
        self._under_way.append(data)
        if self._due > now:
            loop.call_at(self._due, self._pass_on)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        self.deliver(self._under_way.popleft())
