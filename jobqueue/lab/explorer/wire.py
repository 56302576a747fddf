"""The engine's own way to the server: bytes out, replies in, one blocking round trip at a time.

Only one step runs at any moment, so there is nothing to overlap, and a blocking socket is several times faster than
asyncio.
"""

import socket
from importlib.resources import files

import hiredis
from redis._parsers.base import BaseParser

_SNAPSHOT = files(__package__).joinpath("snapshot.lua").read_text().encode()


def pack(commands: list[tuple[bytes, ...]]) -> bytes:
    """The bytes that send `commands`."""
    return b"".join(map(hiredis.pack_command, commands))


class Wire:
    """One connection to the server at `url` (unix://…). Raises redis errors only as values, never as exceptions."""

    def __init__(self, url: str):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(url.removeprefix("unix://"))
        self.reader = hiredis.Reader(replyError=BaseParser.parse_error)
        (sha,) = self.exchange(pack([(b"SCRIPT", b"LOAD", _SNAPSHOT)]), 1)
        self.read_all = pack([(b"EVALSHA", sha, b"0")])

    def exchange(self, data: bytes, count: int) -> list:
        """Send `data`, which holds `count` commands, and return their replies; an error is an exception object."""
        self.send(data)
        return self.receive(count)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, count: int) -> list:
        replies = []
        while len(replies) < count:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("the explorer's own server is gone")
            self.reader.feed(chunk)
            while (reply := self.reader.gets()) is not False:
                replies.append(reply)
        return replies

    def close(self) -> None:
        self.socket.close()
