"""Messages between a notebook and its child: a length, then a pickle."""

import pickle
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from jobqueue.explorer.isolation import pickles

if TYPE_CHECKING:
    from jobqueue.explorer.engine.search import Search

STOP = "stop"  # from the parent, in the middle of an exploration: report now
END = "end"  # from the parent, after an answer: no more requests about this code

#: A request is a dict, an answer (kind, content), and the rest is a word. Only these two processes read them.
Message: TypeAlias = Any

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Progress:
    """The progress of a search.

    Attributes:
        runs: schedules run so far.
        states: distinct states met.
        open: decisions noted and not yet taken. It grows, then shrinks; at zero the search is exhaustive.
        wrong: ends with a finding so far.
        seconds: real time since it began.
    """

    runs: int = 0
    states: int = 0
    open: int = 0
    wrong: int = 0
    seconds: float = 0.0

    @property
    def done(self) -> float:
        """A guess between 0 and 1 of how much is done."""
        return self.runs / (self.runs + self.open) if self.runs else 0.0


def progress_of(search: "Search", now: float) -> Progress:
    """How far `search` is at the real time `now`, in seconds."""
    wrong = sum(1 for findings in search.graph.findings.values() if findings)
    return Progress(search.runs, search.graph.states, len(search.frontier), wrong, now - search.started)


def pack_message(message: Message) -> bytes:
    data = pickles.dumps(message)
    return _LENGTH.pack(len(data)) + data


def read_message(channel: socket.socket) -> Message:
    """Wait for the next message; None when the other side is gone."""
    if not (head := _read(channel, _LENGTH.size)):
        return None
    return pickle.loads(_read(channel, _LENGTH.unpack(head)[0]))


def split_message(buffer: bytearray) -> Message:
    """Take one message out of `buffer`; None if it is not complete."""
    if len(buffer) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack(buffer[: _LENGTH.size])[0]
    if len(buffer) < end:
        return None
    message = pickle.loads(bytes(buffer[_LENGTH.size : end]))
    del buffer[:end]
    return message


def _read(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (chunk := channel.recv(size - len(data))):
            return b""
        data += chunk
    return data
