"""Workers of a tab that are Web Workers: each has a Python of its own, and shares nothing with us but messages.

A message has a kind, a key and bytes. `remote.py` is the other end. What we send:

    file PATH    a file that it needs: its own handlers, a program, a policy
    spec         the worker that it shall be
    order        an order, as JSON
    receive N    what Redis replies on its connection N
    closed N     its connection N is closed

What it sends:

    log          lines for its log
    open N, send N, close N    a connection to Redis, numbered by itself
    end CODE     it's over
    failed       why there's no Python in it
"""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from jobqueue.lab.fleet.parcel import Taught
from jobqueue.lab.fleet.process import Spec
from jobqueue.lab.tab.crew import TabMember, TabProcess, TabProcesses
from jobqueue.lab.tab.network import TabProxy
from jobqueue.lab.tab.socket import AsyncLink, LinkTransport

Hear = Callable[[str, int | str, bytes], None]


class Port(Protocol):
    """The way to a Web Worker that runs `Remote`. `end` is its terminate(): no line more of it runs."""

    def post(self, kind: str, key: int | str, data: bytes) -> None: ...

    def end(self) -> None: ...


#: Starts a Web Worker, which calls `hear` with each message.
Start = Callable[[Hear], Port]


class WebProcess(TabProcess):
    """A Web Worker.

    While it's frozen, no message passes, in either direction. A browser can't stop its code, though: that may go on
    until it has to wait for Redis. What it sends meanwhile arrives when it thaws.
    """

    start: Start
    #: Connects to the Redis of the tab.
    open_link: Callable[[], AsyncLink]

    def __init__(self, log: Path):
        super().__init__()
        self.proxy = TabProxy()
        self._log = log.open("wb", buffering=0)
        self._connections: dict[int | str, LinkTransport] = {}
        self._frozen = False
        #: Messages that wait until it thaws, and what takes them.
        self.held: list[tuple[Hear, tuple[str, int | str, bytes]]] = []
        self.port = type(self).start(lambda *message: self._pass(self._take, *message))

    def begin(self, spec: Spec) -> None:
        taught = map(str, Path(spec.folder).glob(Taught.file(Path(), "*").name))
        for path in filter(None, [spec.own_handlers, spec.program, *taught]):
            self.send_file(Path(path))
        self.post("spec", data=json.dumps(msgspec.to_builtins(spec)).encode())

    def send_file(self, path: Path) -> None:
        """Give it a copy of a file, because it has a file system of its own."""
        self.post("file", str(path), path.read_bytes())

    def hear(self, order: dict[str, Any]) -> None:
        self.post("order", data=json.dumps(order).encode())

    def post(self, kind: str, key: int | str = 0, data: bytes = b"") -> None:
        self._pass(self.port.post, kind, key, data)

    def freeze(self) -> None:
        self._frozen = True

    def thaw(self) -> None:
        self._frozen = False
        held, self.held = self.held, []
        for deliver, message in held:
            self._pass(deliver, *message)

    def kill(self) -> None:
        self._end(-signal.SIGKILL)

    def _pass(self, deliver: Hear, kind: str, key: int | str, data: bytes) -> None:
        if self.returncode is not None:
            return
        if self._frozen:
            self.held.append((deliver, (kind, key, data)))
        else:
            deliver(kind, key, data)

    def _take(self, kind: str, key: int | str, data: bytes) -> None:
        if kind == "log":
            self._log.write(data)
        elif kind == "open":
            loop = asyncio.get_running_loop()
            self._connections[key] = LinkTransport(loop, type(self).open_link(), _Relay(self, key), self.proxy)
        elif kind == "send":
            self._connections[key].write(data)
        elif kind == "close":
            self._connections[key].close()
        elif kind == "end":
            self._end(int(key))
        else:  # it couldn't even start
            line = json.dumps({"message": "this worker can't start", "traceback": data.decode()})
            self._log.write(f"{line}\n".encode())
            self._end(1)

    def _end(self, code: int) -> None:
        if self.returncode is None:
            self.returncode = code
            self.port.end()
            self.proxy.cut()
            self._log.close()


class _Relay(asyncio.Protocol):
    """Our end of a Web Worker's connection: what Redis replies goes on to it."""

    def __init__(self, process: WebProcess, number: int | str):
        self.process, self.number = process, number

    def data_received(self, data: bytes) -> None:
        self.process.post("receive", self.number, data)

    def connection_lost(self, _: Exception | None) -> None:
        self.process.post("closed", self.number)


class WebMember(TabMember):
    """A worker that is a Web Worker."""

    process_type, words = WebProcess, "a Web Worker"


class WebProcesses(TabProcesses):
    """The workers of a world, each a Web Worker."""

    member_type, words = WebMember, "Web Workers"
    most = 6  # each takes some 50 MB

    def teach(self, pick: Callable[..., Any]) -> str:
        name = super().teach(pick)
        for member in self.alive:
            member.process.send_file(Taught.file(self.folder, name))
        return name


def install(open_link: Callable[[], AsyncLink], start: Start) -> None:
    """Have workers be started by `start`. `open_link` connects them to the Redis of the tab."""
    WebProcess.open_link, WebProcess.start = staticmethod(open_link), staticmethod(start)
