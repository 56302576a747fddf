"""A worker in a Web Worker of its own. It reaches Redis, and everything else, by messages: see web_crew.py."""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from jobqueue.lab.fleet.process import Spec, log_as_json
from jobqueue.lab.fleet.tasks import URL as TASKS_URL
from jobqueue.lab.tab import socket
from jobqueue.lab.tab.printed import Printed
from jobqueue.lab.tab.work import Work

Post = Callable[[str, int, bytes], object]


class Remote:
    """Hears the messages of the lesson, and sends ours with `post`."""

    def __init__(self, post: Post):
        self._post = post
        self._links: dict[int, _PortLink] = {}
        self._numbers = itertools.count()
        self._work: Work | None = None
        socket.install(asyncio.get_running_loop(), self._open_link)
        os.environ[TASKS_URL] = socket.URL
        # Also what a handler prints, as in the log of a process.
        sys.stdout = sys.stderr = Printed(lambda text: post("log", 0, text.encode(errors="backslashreplace")))
        log_as_json()

    def hear(self, kind: str, key: int | str, data: bytes) -> None:
        if kind == "receive":
            self._links[int(key)].take(data)
        elif kind == "closed":
            self._links.pop(int(key)).take(b"")
        elif kind == "file":
            path = Path(str(key))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif kind == "spec":
            self._work = Work(msgspec.convert(json.loads(data), Spec), self._kill)
            self._running = asyncio.ensure_future(self._run(self._work))
        elif self._work:
            self._work.hear(json.loads(data))

    async def _run(self, work: Work) -> None:
        self._post("end", await work.run(), b"")

    def _kill(self) -> None:
        self._post("end", -signal.SIGKILL, b"")

    def _open_link(self) -> "_PortLink":
        number = next(self._numbers)
        self._links[number] = _PortLink(number, self._post)
        return self._links[number]


class _PortLink:
    """A connection to Redis, which the lesson opens for us."""

    def __init__(self, number: int, post: Post):
        self._number, self._post = number, post
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        post("open", number, b"")

    def send(self, data: bytes) -> None:
        self._post("send", self._number, data)

    async def receive(self) -> bytes:
        if data := await self._inbox.get():
            return data
        raise ConnectionError("the connection to the Redis of this tab is closed")

    def close(self) -> None:
        self._post("close", self._number, b"")

    def take(self, data: bytes) -> None:
        """Take a part of a reply; nothing at the end of the connection."""
        self._inbox.put_nowait(data)
