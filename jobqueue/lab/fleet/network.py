"""The network between a fleet and its Redis: one process with a proxy for each worker (proxy.py), which obeys us.

It's a process of its own, because a proxy in the kernel would stop every worker whenever a cell computes.
"""

import asyncio
import contextlib
import itertools
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from jobqueue.errors import JobQueueError
from jobqueue.lab.fleet import proxy
from jobqueue.server.leash import Leashed
from jobqueue.server.urls import unix_url

ANSWER_SECONDS = 10.0

FULL = (
    "the workers' network may open {} files at once, and needs more: each connection of a worker takes two. "
    "Run `ulimit -n 4096` in your shell and start again from there, or hire fewer workers"
)


class NetworkGone(JobQueueError):
    """Raised when the process that the workers' connections pass through has ended, or doesn't answer."""


class NetworkFull(JobQueueError):
    """Raised when workers can't reach Redis, because that process may open no more files."""


class Network:
    """Proxies in front of the server at `redis_url`, with sockets in `folder`. The first one starts the process.

    `on_lost` is called with a proxy's name when it has lost a reply, as it was told to; `on_full` when the process may
    open no more files. Then `full` says in one line why connections are refused.
    """

    def __init__(self, redis_url: str, folder: Path):
        self.target, self.folder = urlsplit(redis_url), folder
        self.on_lost: Callable[[str], object] = lambda name: None
        self.on_full: Callable[[], object] = lambda: None
        self.full = ""
        self.process: Leashed | None = None
        self._control: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = b""

    def open(self, name: str) -> str:
        """Begin a proxy of this name; returns the URL that leads through it. A client that's too early tries again."""
        if not self.process:
            self._start()
        path = self.folder / f"{name}.sock"
        self._send(proxy=name, open=str(path))
        return _through(self.target, path)

    async def tell(self, name: str, **order: Any) -> None:
        """Give an order to a proxy (see proxy.Switchboard); returns when it's carried out. Raises NetworkGone."""
        self._listen()
        number = self._send(proxy=name, **order)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await answer
        except TimeoutError:
            raise NetworkGone(f"the network's process hasn't answered for {ANSWER_SECONDS:g} s") from None
        finally:
            self._asked.pop(number, None)

    def require_room(self) -> None:
        """Raise NetworkFull if a connection was refused because file descriptors ran out."""
        if self.full:
            raise NetworkFull(self.full)

    def close(self) -> None:
        """End it, and with it every connection through it."""
        if self._loop and self._control and not self._loop.is_closed():
            self._loop.remove_reader(self._control)
        self._loop = None
        if self.process and self._control:
            try:
                self.process.kill()
                self.process.wait()
            finally:
                self._control.close()
                self.process = self._control = None

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        where = self.target._replace(netloc=self.target.netloc.rpartition("@")[2], query="")  # no password in ps
        # -I -S: nothing but Python's own library, which is all it needs.
        command = [sys.executable, "-I", "-S", proxy.__file__, where.geturl(), str(theirs.fileno())]
        with theirs, (self.folder / "network.log").open("wb") as log:
            self.process = Leashed(command, stdout=log, stderr=log, pass_fds=[theirs.fileno()])
        with contextlib.suppress(RuntimeError):  # no loop runs here; then we listen from the first order on
            self._listen()

    @property
    def _last_word(self) -> str:
        """The last line the process printed, in brackets, or "": a traceback's last line says what went wrong."""
        lines = (self.folder / "network.log").read_text(errors="replace", encoding="utf-8").split("\n")
        return next((f" ({line.strip()})" for line in reversed(lines) if line.strip()), "")

    def _send(self, **order: Any) -> int:
        number = next(self._numbers)
        gone = NetworkGone("the workers' network is gone: open a new world")
        if not self._control:
            raise gone
        try:
            self._control.sendall(json.dumps(order | {"id": number}).encode() + b"\n")
        except OSError:
            raise gone from None
        return number

    def _listen(self) -> None:
        if not self._loop and self._control:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._control, self._hear, self._control, self._loop)

    def _hear(self, control: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        try:
            heard = control.recv(65536)
        except OSError:
            heard = b""
        if not heard:
            loop.remove_reader(control)
            for asked in self._asked.values():
                asked.set_exception(NetworkGone(f"the workers' network has ended{self._last_word}: open a new world"))
            self._asked.clear()
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in map(json.loads, lines):
            if "lost" in line:
                self.on_lost(line["lost"])
            elif "full" in line:
                if not self.full:
                    self.on_full()
                self.full = FULL.format(line["full"])
            elif (answer := self._asked.get(line["id"])) and not answer.done():
                answer.set_result(None)


def _through(target: SplitResult, path: Path) -> str:
    """Return the URL of `target` through a socket. User, password and database are still the server's.

    Encryption isn't part of it, because that begins behind the proxy.
    """
    user, at, _ = target.netloc.rpartition("@")
    options = {name: value for name, value in parse_qsl(target.query) if not name.startswith("ssl_")}
    if target.scheme != "unix" and (database := target.path.strip("/")):
        options["db"] = database
    url = unix_url(path).replace("unix://", f"unix://{user}{at}", 1)
    return url + (f"?{urlencode(options)}" if options else "")
