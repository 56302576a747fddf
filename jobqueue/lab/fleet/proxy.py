"""A proxy between clients and their Redis that does what bad networks do, on request.

Run as a program, it's a fleet's network: one process with all the proxies, which gets its orders from network.py. It
needs only Python's own library, so it's run by its path: that halves its memory and the time it takes to start. And so
it's all in one file, which can't import the package.
"""

import asyncio
import contextlib
import errno
import json
import os
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

#: The two ways through a proxy.
REQUESTS, REPLIES = "requests", "replies"

#: Open files that a proxy asks for, if the hard limit allows as many. macOS grants no process more than this.
MOST_FILES = 10_240

#: Chunks that wait out their delay on one way of a connection; with more, the sender has to wait.
MOST_UNDER_WAY = 1000

#: When a chunk may go on, by the loop's clock, and its bytes; none at the end of the connection.
Chunk = tuple[float, bytes]


class _Link:
    """A client's connection, and the one to Redis that belongs to it."""

    def __init__(self, *writers: asyncio.StreamWriter):
        self.writers = writers
        self.loses_next_reply = False
        self.has_holes = False  # something that should have passed didn't, so the rest can't be understood
        self.under_way = 0
        self._is_cut = asyncio.Event()

    async def until_cut(self) -> None:
        """Wait for `cut`; then raise ConnectionAbortedError."""
        await self._is_cut.wait()
        raise ConnectionAbortedError

    def cut(self) -> None:
        self._is_cut.set()
        for writer in self.writers:
            writer.transport.abort()


class LineFaults:
    """What a proxy does to the bytes of its connections: the one for sockets here, and the one in a browser tab."""

    def pass_all(self) -> None:
        """Let everything pass from now on."""
        self.delay = 0.0
        self.rate: float | None = None
        self.swallows: Collection[str] = ()
        self.to_lose: list[bytes] = []
        self.replies_to_lose: list[bytes] = []

    def lose_reply(self, to: bytes = b"", carrying: bytes = b"") -> None:
        """Let Redis do the next command that contains `to`, and cut the connection instead of passing the reply on.

        With `carrying` it's the next reply that contains this, whatever the command was.
        """
        if carrying:
            self.replies_to_lose.append(carrying)
        else:
            self.to_lose.append(to)


class Proxy(LineFaults):
    """`async with Proxy(redis_url) as proxy:` Clients that connect to `proxy.url` reach Redis, if the proxy lets them.

    You may set these at any time, for all connections:

    - `delay`: seconds that everything takes longer, each way. That's latency only: just as much passes per second.
    - `rate`: bytes per second that pass, on each connection and each way; None for no limit.
    - `swallows`: a set of REQUESTS, REPLIES: bytes that go that way vanish, and their sender isn't told.
    - `down`: refuse new connections.

    `cuts` and `lost` count cut connections and lost replies. `on_lost` is called at each lost reply, and `on_full` for
    each connection that's refused because this process may open no more files. The socket is at `path`; by default it's
    in a folder of its own.
    """

    def __init__(
        self,
        redis_url: str,
        path: Path | None = None,
        on_lost: Callable[[], object] = lambda: None,
        on_full: Callable[[], object] = lambda: None,
    ):
        self.target, self.on_lost, self.on_full = urlsplit(redis_url), on_lost, on_full
        self.cuts = self.lost = 0
        self._given, self._folder = path, ""
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.pass_all()

    @property
    def url(self) -> str:
        return f"unix://{quote(os.fsencode(self.path))}"

    @property
    def under_way(self) -> int:
        """Chunks that were read and wait out their delay."""
        return sum(link.under_way for link in self._links)

    def cut(self) -> None:
        """Cut all connections, in the middle of what passes."""
        self._cut(self._links)

    def heal(self) -> None:
        """Let everything pass again. Cut connections with holes in them: TCP wouldn't go on there either."""
        self.pass_all()
        self._cut([link for link in self._links if link.has_holes])

    async def __aenter__(self) -> "Proxy":
        raise_file_limit()
        if not self._given:
            self._folder = tempfile.mkdtemp(prefix="jqp-")  # short, because it's part of a socket's path
        self.path = self._given or Path(self._folder, "p.sock")
        self._server = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.down = True
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def pass_all(self) -> None:
        super().pass_all()
        self.down = False

    def _cut(self, links: Collection[_Link]) -> None:
        self.cuts += len(links)
        for link in list(links):
            link.cut()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.target.scheme == "unix":
            return await asyncio.open_unix_connection(unquote(self.target.path))
        encrypted = {"ssl": True} if self.target.scheme == "rediss" else {}
        return await asyncio.open_connection(self.target.hostname, self.target.port or 6379, **encrypted)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            if self.down:
                raise ConnectionRefusedError
            redis_reader, redis_writer = await self._dial()
        except OSError as error:  # the client sees the same as if Redis itself weren't there
            writer.transport.abort()
            if is_full(error):
                self.on_full()
            return
        self._links.add(link := _Link(writer, redis_writer))
        requests: asyncio.Queue[Chunk] = asyncio.Queue(MOST_UNDER_WAY)
        replies: asyncio.Queue[Chunk] = asyncio.Queue(MOST_UNDER_WAY)
        try:
            async with asyncio.TaskGroup() as steps:
                steps.create_task(link.until_cut())
                steps.create_task(self._take(link, reader, requests, REQUESTS))
                steps.create_task(self._deliver(link, requests, redis_writer))
                steps.create_task(self._take(link, redis_reader, replies, REPLIES))
                steps.create_task(self._deliver(link, replies, writer))
        except* OSError:
            pass  # one side has gone, or the link was cut: neither side hears from the other again
        finally:
            link.cut()
            self._links.discard(link)

    async def _take(self, link: _Link, source: asyncio.StreamReader, chunks: "asyncio.Queue[Chunk]", way: str) -> None:
        """Read what comes, decide what becomes of it, and say when it may go on. `rate` applies here."""
        now = asyncio.get_running_loop().time
        while data := await source.read(65536):
            if way == REQUESTS:
                link.loses_next_reply |= strike(self.to_lose, data)
            elif link.loses_next_reply or strike(self.replies_to_lose, data):
                self.lost += 1
                self.on_lost()
                break
            if way in self.swallows:
                link.has_holes = True
                continue
            if self.rate:
                await asyncio.sleep(len(data) / self.rate)
            await chunks.put((now() + self.delay, data))
            link.under_way += 1
        await chunks.put((0.0, b""))  # the end passes, too, after all that came before it

    async def _deliver(self, link: _Link, chunks: "asyncio.Queue[Chunk]", sink: asyncio.StreamWriter) -> None:
        """Pass each chunk on when it's due. `_take` reads others meanwhile, or a delay would also throttle."""
        now = asyncio.get_running_loop().time
        while True:
            due, data = await chunks.get()
            if not data:
                raise ConnectionAbortedError
            if due > now():
                await asyncio.sleep(due - now())
            link.under_way -= 1
            sink.write(data)
            await sink.drain()


def strike(wanted: list[bytes], data: bytes) -> bool:
    """Whether one of `wanted` is in `data`. If so, strike it off the list."""
    for one in wanted:
        if one in data:
            wanted.remove(one)
            return True
    return False


def raise_file_limit() -> None:
    """Let this process open as many files as its hard limit allows: each connection takes two (a shell on macOS starts
    with a soft limit of 256). Redis does the same for itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # a sandbox may forbid it; then we must do with what we have
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def is_full(error: object) -> bool:
    """Whether this process, or the whole machine, may open no more files."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


def carry_out(proxy: LineFaults, order: dict[str, Any]) -> None:
    """Change the settings in an order's "set", and then call the method in its "call" with the texts in its "with"."""
    for setting, value in order.get("set", {}).items():
        setattr(proxy, setting, value)
    if method := order.get("call"):
        getattr(proxy, method)(*(text.encode() for text in order.get("with", ())))


class Switchboard:
    """Carries out orders for proxies. An order is a line of JSON, and so is its answer.

    An order is {"id": 1, "proxy": name} with "open": the path of its socket, or "set": {"delay": 0.2} and the like,
    or "call": the name of a method. Two answers come unasked: {"lost": name} when a reply was lost, and {"full": limit}
    when a connection was refused because this process may open no more files than `limit`.
    """

    def __init__(self, redis_url: str, answers: asyncio.StreamWriter):
        self.redis_url, self.answers = redis_url, answers
        self.proxies: dict[str, Proxy] = {}

    async def obey(self, order: dict[str, Any]) -> None:
        name = order["proxy"]
        if path := order.get("open"):
            await self._open(name, Path(path))
        else:
            carry_out(self.proxies[name], order)
        if "call" in order:
            await asyncio.sleep(0)  # a connection that was cut is closed in the loop's next turn
        self._say(id=order["id"])

    def notice(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what asyncio only logs: accept() has failed, and is tried again in a second."""
        if is_full(context.get("exception")):
            self._say_full()
        else:
            loop.default_exception_handler(context)

    async def _open(self, name: str, path: Path) -> None:
        proxy = Proxy(self.redis_url, path, lambda: self._say(lost=name), self._say_full)
        try:
            self.proxies[name] = await proxy.__aenter__()
        except OSError as error:
            if not is_full(error):
                raise
            self._say_full()

    def _say(self, **answer: object) -> None:
        self.answers.write(json.dumps(answer).encode() + b"\n")

    def _say_full(self) -> None:
        self._say(full=resource.getrlimit(resource.RLIMIT_NOFILE)[0])


async def serve(redis_url: str, control: socket.socket) -> None:
    """Run a network until `control` is closed at its other end."""
    orders, answers = await asyncio.open_unix_connection(sock=control)
    switchboard = Switchboard(redis_url, answers)
    asyncio.get_running_loop().set_exception_handler(switchboard.notice)
    while line := await orders.readline():
        await switchboard.obey(json.loads(line))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2]))))
