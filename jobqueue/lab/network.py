"""The network between a fleet and its Redis: one process with a proxy for each worker (see proxy.py), told from here.

A process of its own, because a proxy in the kernel would stop every worker whenever a cell computes.
"""

import asyncio
import itertools
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from jobqueue.errors import JobQueueError
from jobqueue.lab import proxy
from jobqueue.leash import Leashed

ANSWER_SECONDS = 10.0


class NetworkGone(JobQueueError):
    """Raised when the process that the workers' connections pass through has ended, or does not answer."""


class Network:
    """Proxies before the server at `redis_url`, their sockets in `folder`. The process starts with the first of them.

    `on_lost` is called with a proxy's name when it has lost a reply that it was told to lose.
    """

    def __init__(self, redis_url: str, folder: Path, on_lost: Callable[[str], None] = lambda name: None):
        self.target, self.folder, self.on_lost = urlsplit(redis_url), folder, on_lost
        self.process: Leashed | None = None
        self._control: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = b""

    def open(self, name: str) -> str:
        """Begin a proxy of this name; returns the url that goes through it. Whoever connects too early tries again."""
        if not self.process:
            self._start()
        path = self.folder / f"{name}.sock"
        self._send(proxy=name, open=str(path))
        return _through(self.target, path)

    async def tell(self, name: str, **order) -> None:
        """Give an order to a proxy (see proxy.serve), and return when it is carried out. Raises NetworkGone."""
        self._listen()
        number = self._send(proxy=name, **order)
        answer = self._asked[number] = self._loop.create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await answer
        except TimeoutError:
            raise NetworkGone(f"the network's process has not answered for {ANSWER_SECONDS:g} s") from None
        finally:
            self._asked.pop(number, None)

    def close(self) -> None:
        """End it, and with it every connection through it."""
        if self._loop:
            self._loop.remove_reader(self._control)
            self._loop = None
        if self.process:
            self.process.kill()
            self.process.wait()
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

    def _send(self, **order) -> int:
        number = next(self._numbers)
        try:
            self._control.sendall(json.dumps(order | {"id": number}).encode() + b"\n")
        except (OSError, AttributeError):
            raise NetworkGone("the workers' network is gone: open a new world") from None
        return number

    def _listen(self) -> None:
        if not self._loop and self._control:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._control, self._hear)

    def _hear(self) -> None:
        try:
            heard = self._control.recv(65536)
        except OSError:
            heard = b""
        if not heard:
            self._loop.remove_reader(self._control)
            for answer in self._asked.values():
                answer.set_exception(NetworkGone("the workers' network has ended: open a new world"))
            self._asked.clear()
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in map(json.loads, lines):
            if "lost" in line:
                self.on_lost(line["lost"])
            elif (answer := self._asked.get(line["id"])) and not answer.done():
                answer.set_result(None)


def _through(target: SplitResult, path: Path) -> str:
    """The url of `target` by way of a socket: user, password and database are for the server, whatever lies between.

    Encryption is not: it begins behind the proxy.
    """
    user, at, _ = target.netloc.rpartition("@")
    options = {name: value for name, value in parse_qsl(target.query) if not name.startswith("ssl_")}
    if target.scheme != "unix" and (database := target.path.strip("/")):
        options["db"] = database
    return f"unix://{user}{at}{path}" + (f"?{urlencode(options)}" if options else "")
