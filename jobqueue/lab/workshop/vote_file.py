"""The one file of a workshop: a line of JSON per event, only ever appended to, so that no crash can spoil what it has.

An answer is confirmed only after its line is on the disk. Lines that come while the disk is busy are written together.
If the process is killed while it writes, the last line may be broken. It's left out, because no learner was told that
it counts.
"""

import asyncio
import fcntl
import os
from pathlib import Path

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.lab.workshop.events import Happened, Started
from jobqueue.printable import printable

_decode = msgspec.json.Decoder(Happened).decode
_encode = msgspec.json.Encoder().encode


class VoteFile:
    """A file that's open for one workshop, and locked. `events` is what it held; `broken` the numbers of bad lines."""

    def __init__(self, path: Path):
        """Raises BadSetting if the file is in use, or is something else. Raises OSError."""
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)  # it holds the tokens
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadSetting(f"another workshop is using {printable(path)}: stop it, or give --votes") from None
            self.events, self.broken = read_events(path)
        except BaseException:
            self.close()
            raise
        self._unwritten, self._added, self._safe = bytearray(), 0, 0
        self._writing: asyncio.Task[OSError | None] | None = None
        if not self._ends_whole():
            self._append(b"\n")  # ends the broken line, so that the next one stands alone

    def close(self) -> None:
        """Close the file, which unlocks it."""
        os.close(self._file)

    def add(self, event: Happened) -> None:
        """Add an event. It's safe once `settle` returns."""
        self._append(_encode(event) + b"\n")

    async def settle(self) -> None:
        """Wait until all that was added so far is on the disk. Raises OSError, and keeps it for the next try."""
        target = self._added
        while self._safe < target:
            self._writing = self._writing or asyncio.create_task(self._write())
            if error := await asyncio.shield(self._writing):
                raise error

    def _append(self, line: bytes) -> None:
        self._unwritten += line
        self._added += len(line)

    def _ends_whole(self) -> bool:
        size = os.fstat(self._file).st_size
        return not size or os.pread(self._file, 1, size - 1) == b"\n"

    async def _write(self) -> OSError | None:
        written, error = await asyncio.to_thread(_write_out, self._file, bytes(self._unwritten))
        del self._unwritten[:written]  # more may have come meanwhile
        self._safe += written
        self._writing = None
        return error


def _write_out(file: int, lines: bytes) -> tuple[int, OSError | None]:
    """Write the lines to the disk itself. Returns how many bytes are there: a disk that's full takes a part of them."""
    written = 0
    try:
        while written < len(lines):
            written += os.write(file, lines[written:])
        os.fsync(file)
    except OSError as error:
        return written, error
    return written, None


def read_events(path: Path) -> tuple[list[Happened], list[int]]:
    """The events of a file, and the numbers of the lines that are none. Raises BadSetting if it's no workshop's."""
    events: list[Happened] = []
    broken = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            events.append(_decode(line))
        except ValueError:
            broken.append(number)
    if not isinstance(events[0], Started) if events else len(broken) > 1:
        raise BadSetting(f"{printable(path)} isn't a workshop's file: name another one with --votes")
    return events, broken
