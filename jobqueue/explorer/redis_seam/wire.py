"""The explorer's own connection to the server: bytes out, replies in, one blocking round trip at a time.

Only one step runs at any moment, so there's nothing to overlap. A blocking socket is several times faster than asyncio.
"""

import os
import socket
import struct
from importlib.resources import files

import hiredis
from redis._parsers.base import BaseParser

from jobqueue.explorer.record import Command, Reply
from jobqueue.server.urls import unix_path

#: Seconds without a reply after which we ask the server whether a script keeps it busy.
ASK_AFTER = 1.2

#: Seconds of the processor after which a server that doesn't even answer that is stuck, too.
WORN_OUT = 1.5

#: Seconds that one look for a reply waits: less than a watchdog's tick, which would start the wait over.
TURN = 0.2

_SNAPSHOT = files(__package__).joinpath("snapshot.lua").read_text(encoding="utf-8").encode()


def pack(commands: list[Command]) -> bytes:
    """The bytes that send `commands`."""
    return b"".join(map(hiredis.pack_command, commands))  # type: ignore[arg-type]  # its stub knows only one word


class Stuck(Exception):
    """The server runs a script that never ends."""


class Wire:
    """One connection to the server at `url` (unix://…). Raises redis errors only as values, never as exceptions."""

    def __init__(self, url: str):
        self.socket = socket.socket(socket.AF_UNIX)
        self.address = unix_path(url)
        self.socket.connect(self.address)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(TURN * 1e6)))
        self.reader = hiredis.Reader(replyError=BaseParser.parse_error)
        (sha,) = self.exchange(pack([(b"SCRIPT", b"LOAD", _SNAPSHOT)]), 1)
        self.read_all = pack([(b"EVALSHA", sha, b"0")])

    def exchange(self, data: bytes, count: int) -> list[Reply]:
        """Send `data`, which holds `count` commands, and return their replies; an error is an exception object."""
        self.send(data)
        return self.receive(count)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, count: int) -> list[Reply]:
        replies: list[Reply] = []
        quiet, used = 0, 0.0
        while len(replies) < count:
            try:
                chunk = self.socket.recv(65536)
            except BlockingIOError:  # the machine is busy, or a script never ends
                quiet += 1
                used = used or self._processor_time()
                if quiet * TURN > ASK_AFTER and (self._is_busy() or self._processor_time() - used > WORN_OUT):
                    raise Stuck from None
                continue
            if not chunk:
                raise ConnectionError("the explorer's own server is gone")
            self.reader.feed(chunk)
            while (reply := self.reader.gets()) is not False:
                replies.append(reply)
        return replies

    def _is_busy(self) -> bool:
        """Ask over another connection: the server says BUSY there if a script has run for long.

        It says nothing while the script is inside one long call.
        """
        with socket.socket(socket.AF_UNIX) as other:
            other.settimeout(TURN)
            other.connect(self.address)
            other.sendall(pack([(b"PING",)]))
            try:
                return other.recv(65536).startswith(b"-BUSY")
            except TimeoutError:
                return False

    def _processor_time(self) -> float:
        """Seconds of the processor that the server has had; 0 where the system doesn't say."""
        try:
            credentials = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            with open(f"/proc/{struct.unpack('3i', credentials)[0]}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except (OSError, AttributeError):
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self.socket.close()
