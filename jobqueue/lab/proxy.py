"""A proxy between clients and their Redis that spoils what passes: what networks do, on request.

Run as a program it is a fleet's network: one process of proxies, told what to do by network.py. It needs nothing but
Python's own library, and so it is run by its path: half the memory and start of one that imports the package.
"""

import asyncio
import contextlib
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

#: The two ways through a proxy.
REQUESTS, REPLIES = "requests", "replies"


class _Link:
    """One client's connection and the one to Redis that belongs to it."""

    def __init__(self, *writers: asyncio.StreamWriter):
        self.writers = writers
        self.loses_next_reply = False
        self.has_holes = False  # something that should have passed did not: what comes next would not be understood

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """`async with Proxy(redis_url) as proxy:` – whoever connects to `proxy.url` reaches Redis, as long as it lets them.

    What may be set at any time, for all connections:

    - `delay`: seconds that everything takes longer, each way.
    - `rate`: bytes a second that pass, on each connection and each way; None for as many as there are.
    - `swallows`: a set of REQUESTS, REPLIES: what goes that way vanishes, and its sender is not told.
    - `down`: refuse new connections.

    `cuts` and `lost` count what was done to them; `on_lost` is called at each lost reply. The socket is at `path`; by
    default in a folder of its own.
    """

    def __init__(self, redis_url: str, path: Path | None = None, on_lost: Callable[[], None] = lambda: None):
        self.target, self.path, self.on_lost = urlsplit(redis_url), path, on_lost
        self.cuts = self.lost = 0
        self._folder: Path | None = None
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task] = set()
        self._pass_all()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def cut(self) -> None:
        """Cut all connections, in the middle of whatever passes."""
        self._cut(self._links)

    def lose_reply(self, to: bytes = b"", carrying: bytes = b"") -> None:
        """Let the next command that contains `to` be done, and its sender never hear: its connection is cut instead.

        With `carrying` it is the next reply that contains this, whatever was asked.
        """
        if carrying:
            self._replies_to_lose.append(carrying)
        else:
            self._to_lose.append(to)

    def heal(self) -> None:
        """Let everything pass again. A connection on which something vanished is cut: TCP would not go on either."""
        self._pass_all()
        self._cut([link for link in self._links if link.has_holes])

    async def __aenter__(self) -> "Proxy":
        if self.path is None:
            self._folder = Path(tempfile.mkdtemp(prefix="jqp-"))  # short: it is part of a socket's path
            self.path = self._folder / "p.sock"
        self._server = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(self, *exc) -> None:
        self.down = True
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _pass_all(self) -> None:
        self.delay, self.rate, self.swallows, self.down = 0.0, None, set(), False
        self._to_lose: list[bytes] = []
        self._replies_to_lose: list[bytes] = []

    def _cut(self, links) -> None:
        self.cuts += len(links)
        for link in list(links):
            link.cut()

    async def _dial(self):
        if self.target.scheme == "unix":
            return await asyncio.open_unix_connection(self.target.path)
        encrypted = {"ssl": True} if self.target.scheme == "rediss" else {}
        return await asyncio.open_connection(self.target.hostname, self.target.port or 6379, **encrypted)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(task := asyncio.current_task())
        task.add_done_callback(self._tasks.discard)
        try:
            if self.down:
                raise ConnectionRefusedError
            redis_reader, redis_writer = await self._dial()
        except OSError:  # as if Redis itself were not there
            writer.transport.abort()
            return
        self._links.add(link := _Link(writer, redis_writer))
        ways = (self._pass_on(link, reader, redis_writer, REQUESTS), self._pass_on(link, redis_reader, writer, REPLIES))
        try:
            await asyncio.gather(*ways)
        finally:
            self._links.discard(link)

    async def _pass_on(self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if way == REQUESTS:
                    link.loses_next_reply |= self._found(self._to_lose, data)
                elif link.loses_next_reply or self._found(self._replies_to_lose, data):
                    self.lost += 1
                    self.on_lost()
                    break
                if way in self.swallows:
                    link.has_holes = True
                    continue
                if self.delay or self.rate:
                    await asyncio.sleep(self.delay + (len(data) / self.rate if self.rate else 0))
                sink.write(data)
                await sink.drain()
        link.cut()

    @staticmethod
    def _found(wanted: list[bytes], data: bytes) -> bool:
        """Whether one of `wanted` is in `data`: it is struck off, then."""
        for one in wanted:
            if one in data:
                wanted.remove(one)
                return True
        return False


async def serve(redis_url: str, control: socket.socket) -> None:
    """Be a network, until `control` is closed at its other end. An order is a line of JSON, and so is its answer.

    An order is {"id": 1, "proxy": name} with "open": the path of its socket, or "set": {"delay": 0.2} and the like,
    or "call": the name of a method. {"lost": name} tells, unasked, of a reply that was lost.
    """
    orders, answers = await asyncio.open_unix_connection(sock=control)
    proxies: dict[str, Proxy] = {}

    def say(**answer) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")

    while line := await orders.readline():
        order = json.loads(line)
        name = order["proxy"]
        if path := order.get("open"):
            proxies[name] = await Proxy(redis_url, Path(path), lambda name=name: say(lost=name)).__aenter__()
        for setting, value in order.get("set", {}).items():
            setattr(proxies[name], setting, value)
        if method := order.get("call"):
            getattr(proxies[name], method)(*(text.encode() for text in order.get("with", ())))
        say(id=order["id"])


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2]))))
