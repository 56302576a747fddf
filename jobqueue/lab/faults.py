"""A proxy between clients and their Redis that spoils what passes: what networks do, on request."""

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

#: The two ways through a proxy.
REQUESTS, REPLIES = "requests", "replies"


class _Link:
    """One client's connection and the one to Redis that belongs to it."""

    def __init__(self, *writers: asyncio.StreamWriter):
        self.writers = writers
        self.loses_next_reply = False

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

    `cuts` and `lost` count what was done to them.
    """

    def __init__(self, redis_url: str):
        self.target = urlsplit(redis_url)
        self.delay, self.rate, self.swallows, self.down = 0.0, None, set(), False
        self.cuts = self.lost = 0
        self._links: set[_Link] = set()
        self._to_lose: list[bytes] = []
        self._tasks: set[asyncio.Task] = set()

    @property
    def url(self) -> str:
        return f"unix://{self._folder}/p.sock"

    def cut(self) -> None:
        """Cut all connections, in the middle of whatever passes."""
        self.cuts += len(self._links)
        for link in list(self._links):
            link.cut()

    def lose_reply(self, to: bytes = b"") -> None:
        """Let the next command that contains `to` be done, and its sender never hear: its connection is cut instead."""
        self._to_lose.append(to)

    async def __aenter__(self) -> "Proxy":
        self._folder = Path(tempfile.mkdtemp(prefix="jqp-"))  # short: it is part of a socket's path
        self._server = await asyncio.start_unix_server(self._accept, self._folder / "p.sock")
        return self

    async def __aexit__(self, *exc) -> None:
        self.down = True
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _dial(self):
        if self.target.scheme == "unix":
            return await asyncio.open_unix_connection(self.target.path)
        return await asyncio.open_connection(self.target.hostname, self.target.port or 6379)

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
                    self._mark(link, data)
                elif link.loses_next_reply:
                    self.lost += 1
                    break
                if way not in self.swallows:
                    await asyncio.sleep(self.delay + (len(data) / self.rate if self.rate else 0))
                    sink.write(data)
                    await sink.drain()
        link.cut()

    def _mark(self, link: _Link, data: bytes) -> None:
        for wanted in self._to_lose:
            if wanted in data:
                self._to_lose.remove(wanted)
                link.loses_next_reply = True
                return
