"""The socket of the Redis of the tab: an event loop in a browser has no sockets, so this gives it one.

Above it everything is the real thing: redis-py, the kit's client, the queue, its workers.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from jobqueue.lab.tab.life import current_life
from jobqueue.lab.tab.network import TabConnection, TabProxy

#: Where the Redis of the tab listens.
HOST = "the-redis-of-this-tab"
URL = f"redis://{HOST}"


class AsyncLink(Protocol):
    """One connection to the Redis of the tab. `receive` raises an error once it's closed."""

    def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes: ...

    def close(self) -> None: ...


class LinkTransport(asyncio.Transport):
    """Carries the bytes of `protocol` over a link, as well as `proxy` lets it."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, link: AsyncLink, protocol: asyncio.BaseProtocol, proxy: TabProxy
    ):
        super().__init__()
        self._loop, self._link, self._protocol = loop, link, protocol
        self._closing = False
        self._network = TabConnection(proxy, self._send_on, self._deliver, self.abort)
        protocol.connection_made(self)
        # A task of no worker: it goes on while its worker stands still, as a kernel does.
        self._pump = asyncio.Task(self._receive(), loop=loop)

    def write(self, data: Any) -> None:
        self._network.send(bytes(data))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._link.close()
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def is_reading(self) -> bool:
        return not self._closing

    def pause_reading(self) -> None:
        """Do nothing: what comes has its place in memory already."""

    resume_reading = pause_reading

    def _send_on(self, data: bytes) -> None:
        if not self._closing:
            self._link.send(data)

    def _deliver(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)  # type: ignore[attr-defined]

    async def _receive(self) -> None:
        while True:
            try:
                data = await self._link.receive()
            except Exception:  # of JavaScript, for instance: all of them mean that it's closed
                return self.close()
            self._network.receive(data)


def take_the_past(loop: asyncio.AbstractEventLoop) -> None:
    """Have this loop call at once what was due before, as any other loop does. Pyodide's raises an error."""
    call_later: Callable[..., asyncio.TimerHandle] = loop.call_later

    def call_at_once_or_later(delay: float, *rest: Any, **options: Any) -> asyncio.TimerHandle:
        return call_later(max(delay, 0), *rest, **options)

    loop.call_later = call_at_once_or_later  # type: ignore[method-assign, assignment]


def install(loop: asyncio.AbstractEventLoop, open_link: Callable[[], AsyncLink]) -> None:
    """Have connections of this loop lead to the Redis of the tab."""
    take_the_past(loop)

    async def create_connection(make_protocol: Callable[[], Any], host: Any = None, *_: Any, **__: Any) -> Any:
        if host != HOST:
            raise ConnectionRefusedError(f"not in this tab: the server {host}. The one that's here is {URL}")
        protocol = make_protocol()
        life = current_life.get()
        return LinkTransport(loop, open_link(), protocol, life.proxy if life else TabProxy()), protocol

    loop.create_connection = create_connection  # type: ignore[method-assign, assignment]
