"""hiredis in plain Python, as far as the kit uses it. Its version tells redis-py to use its own parser."""

from typing import Any

__version__ = "0.0"


def pack_command(words: tuple[Any, ...]) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


class Reader:
    """Reads replies of RESP2: `feed` it bytes, and `gets` returns one reply, or False if it isn't complete.

    With an encoding, replies are text. The Redis of the tab never breaks the protocol, so there's no `protocolError`.
    """

    def __init__(
        self, protocolError: Any = None, replyError: Any = Exception, encoding: str = "", errors: str = "strict"
    ):
        self._error, self._encoding, self._errors = replyError, encoding, errors
        self._data, self._at = b"", 0

    def feed(self, data: bytes) -> None:
        self._data, self._at = self._data[self._at :] + data, 0

    def gets(self) -> Any:
        start = self._at
        try:
            return self._read()
        except EOFError:
            self._at = start
            return False

    def _read(self) -> Any:
        line = self._take(self._data.find(b"\r\n", self._at) - self._at)
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return self._text(rest)
        if kind == b"-":
            return self._error(rest.decode(errors="replace"))
        size = int(rest)
        if kind == b":":
            return size
        if size < 0:
            return None
        return self._text(self._take(size)) if kind == b"$" else [self._read() for _ in range(size)]

    def _text(self, data: bytes) -> bytes | str:
        return data.decode(self._encoding, self._errors) if self._encoding else data

    def _take(self, size: int) -> bytes:
        """The next `size` bytes, and skip the end of the line."""
        end = self._at + size
        if size < 0 or len(self._data) < end + 2:
            raise EOFError
        data, self._at = self._data[self._at : end], end + 2
        return data
